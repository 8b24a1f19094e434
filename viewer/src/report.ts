/** What a page has drawn, for whoever took the picture: the page keeps it in `window.viewer`. */

import type { GrafanaTheme2, LinkModel } from '@grafana/data';

export type State = 'ok' | 'no data' | 'no rows recorded' | 'error' | 'cannot draw';

/** A colour that was put on the screen. `hue` is "green", "red" ...; "none" where the value has no colour of its own. */
export interface DrawnColor {
  css: string;
  hue: string;
}

/** A text on the screen: the value of a stat, a cell of a table, the last state of a line, a line of a legend. */
export interface DrawnValue {
  name: string;
  text: string;
  color: DrawnColor;
  /** Which row of a table. */
  row?: number;
  /** Where a click on it leads. */
  links?: DrawnLink[];
  /** All states of a line of a state timeline, as they follow each other. */
  states?: Array<{ text: string; color: DrawnColor }>;
}

export interface DrawnLink {
  title: string;
  href: string;
}

export interface Drawing {
  state: State;
  message?: string;
  values: DrawnValue[];
}

export interface PanelReport extends Drawing {
  id: number;
  title: string;
  type: string;
  /** The row that it lies in, "" above the first. */
  row: string;
  /** The links in its head. */
  links: DrawnLink[];
  /** Where it lies on the page, in pixels. */
  box: { x: number; y: number; width: number; height: number };
}

export interface Report {
  uid: string;
  title: string;
  from: number;
  to: number;
  variables: Record<string, string[]>;
  annotations: Array<{ name: string; number: number }>;
  links: string[];
  panels: PanelReport[];
  /** What is wrong outside of the panels: a variable, an annotation. */
  problems: string[];
}

export interface Viewer {
  /** "drawn" when nothing is left to wait for. */
  state: 'drawing' | 'drawn';
  /** How high the whole page is, in pixels; 0 while that is not known. */
  height: number;
  report?: Report;
}

declare global {
  interface Window {
    viewer: Viewer;
    __grafana_public_path__?: string;
  }
}

/** The links of a value, as a part of what is told of it. */
export function drawnLinks(links: LinkModel[] | undefined): { links?: DrawnLink[] } {
  return links?.length ? { links: links.map(({ title, href }) => ({ title, href })) } : {};
}

export const NO_COLOR: DrawnColor = { css: '', hue: 'none' };

const hues = new WeakMap<GrafanaTheme2, Map<string, string>>();

/** The colour as it is drawn, with the name of its hue in Grafana's palette. */
export function drawnColor(color: string | undefined, theme: GrafanaTheme2): DrawnColor {
  if (!color) {
    return NO_COLOR;
  }
  const css = theme.visualization.getColorByName(color);
  if (css === 'transparent' || /^#[0-9a-f]{6}00$/i.test(css) || /^rgba\(.*,\s*0\)$/.test(css)) {
    return NO_COLOR;
  }
  let known = hues.get(theme);
  if (!known) {
    known = new Map(
      theme.visualization.hues.flatMap(({ name, shades }) =>
        shades.map((shade) => [shade.color.toLowerCase(), name] as const),
      ),
    );
    hues.set(theme, known);
  }
  return { css, hue: known.get(css.toLowerCase().slice(0, 7)) ?? 'other' };
}
