import { renderTextPanelMarkdown, textUtil } from '@grafana/data';
import { RenderUserContentAsHTML, ScrollContainer } from '@grafana/ui';

import { usePage } from '../context.ts';
import { NO_COLOR } from '../report.ts';
import type { DrawingProps } from './panel.ts';
import { useDrawn } from './useDrawn.ts';

export function Text({ panel, onDrawn }: DrawingProps) {
  const { replace } = usePage();
  const { mode = 'markdown', content = '' } = (panel.options ?? {}) as { mode?: string; content?: string };
  const text = replace(content, {}, mode === 'html' ? 'html' : undefined);
  useDrawn(text, () => ({ state: 'ok', values: [{ name: mode, text, color: NO_COLOR }] }), onDrawn);
  if (mode === 'code') {
    return <pre style={{ height: '100%', margin: 0 }}>{text}</pre>;
  }
  const html = mode === 'html' ? textUtil.sanitizeTextPanelContent(text) : renderTextPanelMarkdown(text);
  return (
    <ScrollContainer minHeight="100%">
      <RenderUserContentAsHTML className="markdown-html" content={html} />
    </ScrollContainer>
  );
}
