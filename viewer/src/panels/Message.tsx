/** Words in place of a drawing: that there is no data, or that the viewer cannot draw this. */

import { Icon, type IconName } from '@grafana/ui';
import type { CSSProperties } from 'react';

const CENTERED: CSSProperties = {
  width: '100%',
  height: '100%',
  display: 'flex',
  gap: 8,
  alignItems: 'center',
  justifyContent: 'center',
  textAlign: 'center',
  fontSize: 18,
};

export function Message({ text, icon, color }: { text: string; icon?: IconName; color?: string }) {
  return (
    <div style={{ ...CENTERED, ...(color ? { color, fontSize: 14 } : {}) }}>
      {icon && <Icon name={icon} size="lg" />}
      <div>{text}</div>
    </div>
  );
}
