import { useEffect, useRef } from 'react';

import type { Drawing } from '../report.ts';

/** Tells what is drawn once it is on the screen: after each change of `key`, which is what it was drawn from. */
export function useDrawn(key: unknown, drawing: () => Drawing, onDrawn: (drawing: Drawing) => void): void {
  const latest = useRef({ drawing, onDrawn });
  latest.current = { drawing, onDrawn };
  useEffect(() => {
    latest.current.onDrawn(latest.current.drawing());
  }, [key]);
}
