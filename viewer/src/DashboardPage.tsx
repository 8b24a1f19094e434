/** A dashboard: its head, its controls, its panels. */

import { rangeUtil, type GrafanaTheme2, type TimeRange } from '@grafana/data';
import { Alert, Button, Icon, LoadingPlaceholder, RefreshPicker, TimeRangePicker, useTheme2 } from '@grafana/ui';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';

import { annotationsOf, type Annotations } from './annotations.ts';
import type { Address } from './address.ts';
import { EVENTS, PageContext, type Page } from './context.ts';
import { Controls } from './Controls.tsx';
import { layout } from './layout.ts';
import { dashboardsOf, panelLinks } from './links.ts';
import type { Dashboard, DashboardSummary, Panel } from './model.ts';
import { PanelBox } from './PanelBox.tsx';
import type { Drawing, Report } from './report.ts';
import type { RecordedRows } from './rows.ts';
import { timeRange } from './time.ts';
import { replacer, resolveVariables, wordsOfDashboard, type Variables } from './variables.ts';

const MARGIN = 16;

interface Props {
  dashboard: Dashboard;
  others: DashboardSummary[];
  rows: RecordedRows | undefined;
  address: Address;
  onAddress: (change: Partial<Address>) => void;
}

interface Resolved {
  range: TimeRange;
  variables: Variables;
  annotations: Annotations;
}

export function DashboardPage({ dashboard, others, rows, address, onAddress }: Props) {
  const theme = useTheme2();
  const { resolved, problem, again } = useResolved(dashboard, address);
  const [opened, setOpened] = useState<ReadonlyMap<number, boolean>>(new Map());
  const [ref, width] = useWidth();

  const isOpen = useCallback(
    (row: Panel) => opened.get(row.id) ?? (address.expand || !row.collapsed),
    [opened, address.expand],
  );
  const placed = useMemo(() => layout(dashboard.panels, width, isOpen), [dashboard, width, isOpen]);
  const top = useRef<HTMLDivElement>(null);
  const shown = useMemo(
    () =>
      placed.panels.filter(
        ({ box }) => !address.firstScreen || (top.current?.offsetTop ?? 0) + box.y < window.innerHeight,
      ),
    [placed, address.firstScreen, resolved],
  );

  useEffect(() => {
    document.title = dashboard.title;
  }, [dashboard]);
  const drawings = useRef(new Map<number, Drawing>());
  const latestPage = useRef<Page>(undefined);
  const finish = useCallback(() => {
    const page = latestPage.current;
    if (page && resolved && !problem && width > 0 && shown.every(({ panel }) => drawings.current.has(panel.id))) {
      const report = reportOf(page, resolved, shown, drawings.current, top.current?.offsetTop ?? 0);
      afterPainting(() => Object.assign(window.viewer, { state: 'drawn', report }));
    }
  }, [resolved, shown, problem, width]);
  useEffect(() => {
    if (problem) {
      afterPainting(() => Object.assign(window.viewer, { state: 'drawn', report: failedReport(dashboard, problem) }));
    } else {
      finish();
    }
  }, [problem, finish, dashboard]);
  useLayoutEffect(() => {
    if (resolved && width > 0) {
      window.viewer.height = Math.ceil((top.current?.offsetTop ?? 0) + placed.height + MARGIN);
    }
  }, [resolved, placed, width]);

  const page = usePageOf({
    dashboard,
    others,
    rows,
    resolved,
    theme,
    onAddress,
    timeZone: address.timeZone,
    drawings,
    finish,
  });
  latestPage.current = page;
  const isRelative = address.to === 'now';
  return (
    <div style={{ padding: `0 ${MARGIN}px ${MARGIN}px` }}>
      <Head
        dashboard={dashboard}
        address={address}
        range={resolved?.range}
        onAddress={onAddress}
        onRefresh={isRelative ? again : undefined}
      />
      {problem && <Alert title={problem} severity="error" />}
      {page && (
        <PageContext.Provider value={page}>
          <Controls onChoose={(name, values) => onAddress({ variables: { ...address.variables, [name]: values } })} />
          {page.problems.map((one) => (
            <Alert key={one} title={one} severity="error" />
          ))}
        </PageContext.Provider>
      )}
      <div ref={top}>
        <div ref={ref} style={{ position: 'relative', height: placed.height }}>
          {page && width > 0 && (
            <PageContext.Provider value={page}>
              {placed.rows.map(({ panel, isOpen, panels, box }) => (
                <Row
                  key={panel.id}
                  title={page.replace(panel.title, {}, 'text')}
                  isOpen={isOpen}
                  panels={panels}
                  style={{ position: 'absolute', left: box.x, top: box.y, width: box.width, height: box.height }}
                  onToggle={() => setOpened(new Map([...opened, [panel.id, !isOpen]]))}
                />
              ))}
              {shown.map(({ panel, box }) => (
                <div
                  key={panel.id}
                  data-panel={panel.id}
                  style={{ position: 'absolute', left: box.x, top: box.y, width: box.width, height: box.height }}
                >
                  <PanelBox panel={panel} width={box.width} height={box.height} />
                </div>
              ))}
            </PageContext.Provider>
          )}
          {!page && !problem && <LoadingPlaceholder text="Loading ..." />}
        </div>
      </div>
    </div>
  );
}

/** The range, the variables and the annotations, found again for each change of the address and each refresh. */
function useResolved(dashboard: Dashboard, address: Address) {
  const [resolved, setResolved] = useState<Resolved>();
  const [problem, setProblem] = useState<string>();
  const [load, setLoad] = useState(0);
  const again = useCallback(() => setLoad((before) => before + 1), []);
  useEffect(() => {
    let isStale = false;
    const find = async (): Promise<Resolved> => {
      const range = timeRange(address.from, address.to);
      const variables = await resolveVariables(dashboard, range, address.variables);
      return { range, variables, annotations: await annotationsOf(dashboard, variables, range) };
    };
    find().then(
      (found) => {
        if (!isStale) {
          setResolved(found);
          setProblem(undefined);
        }
      },
      (error: unknown) => !isStale && setProblem(error instanceof Error ? error.message : String(error)),
    );
    return () => {
      isStale = true;
    };
  }, [dashboard, address.from, address.to, address.variables, load]);
  useEffect(() => {
    const every = address.refresh ? rangeUtil.intervalToMs(address.refresh) : 0;
    if (!every || address.to !== 'now') {
      return undefined;
    }
    const timer = setInterval(again, every);
    return () => clearInterval(timer);
  }, [address.refresh, address.to, again]);
  return { resolved, problem, again };
}

interface Parts {
  dashboard: Dashboard;
  others: DashboardSummary[];
  rows: RecordedRows | undefined;
  resolved: Resolved | undefined;
  theme: GrafanaTheme2;
  timeZone: string;
  onAddress: Props['onAddress'];
  drawings: { current: Map<number, Drawing> };
  finish: () => void;
}

function usePageOf({ dashboard, others, rows, resolved, theme, timeZone, onAddress, drawings, finish }: Parts) {
  const latest = useRef({ finish, onAddress });
  latest.current = { finish, onAddress };
  return useMemo((): (Page & { problems: string[] }) | undefined => {
    if (!resolved) {
      return undefined;
    }
    const { range, variables, annotations } = resolved;
    return {
      dashboard,
      others,
      rows,
      range,
      variables,
      timeZone,
      theme,
      occurrences: annotations.occurrences,
      problems: annotations.problems,
      replace: replacer(variables, wordsOfDashboard(dashboard, variables, range)),
      events: EVENTS,
      zoom: (from, to) => latest.current.onAddress({ from: String(Math.round(from)), to: String(Math.round(to)) }),
      drawn: (panel, drawing) => {
        drawings.current.set(panel, drawing);
        latest.current.finish();
      },
    };
  }, [dashboard, others, rows, resolved, theme, timeZone, drawings]);
}

function Row({
  title,
  isOpen,
  panels,
  style,
  onToggle,
}: {
  title: string;
  isOpen: boolean;
  panels: number;
  style: React.CSSProperties;
  onToggle: () => void;
}) {
  const theme = useTheme2();
  return (
    <div style={{ ...style, display: 'flex', alignItems: 'center' }} data-testid="row">
      <Button
        variant="secondary"
        fill="text"
        onClick={onToggle}
        aria-expanded={isOpen}
        style={{ padding: 0, fontSize: 16, color: theme.colors.text.primary }}
      >
        <Icon name={isOpen ? 'angle-down' : 'angle-right'} /> {title}
      </Button>
      {!isOpen && (
        <span style={{ marginLeft: 8, color: theme.colors.text.secondary }}>
          ({panels} {panels === 1 ? 'panel' : 'panels'})
        </span>
      )}
    </div>
  );
}

interface HeadProps {
  dashboard: Dashboard;
  address: Address;
  range: TimeRange | undefined;
  onAddress: Props['onAddress'];
  onRefresh: (() => void) | undefined;
}

function Head({ dashboard, address, range, onAddress, onRefresh }: HeadProps) {
  const theme = useTheme2();
  const move = (by: number) => () => {
    if (range) {
      const [from, to] = [range.from.valueOf(), range.to.valueOf()];
      const step = (to - from) * by;
      onAddress({ from: String(Math.round(from + step)), to: String(Math.round(to + step)) });
    }
  };
  const zoomOut = () => {
    if (range) {
      const [from, to] = [range.from.valueOf(), range.to.valueOf()];
      onAddress({ from: String(Math.round(from - (to - from) / 2)), to: String(Math.round(to + (to - from) / 2)) });
    }
  };
  return (
    <div style={{ display: 'flex', alignItems: 'center', gap: 8, height: 48 }}>
      <span style={{ color: theme.colors.text.secondary }}>Dashboards</span>
      <Icon name="angle-right" />
      <h1 style={{ fontSize: 14, fontWeight: 500, margin: 0, flexGrow: 1 }}>{dashboard.title}</h1>
      {range && (
        <TimeRangePicker
          value={range}
          timeZone={address.timeZone}
          onChange={({ raw }) => onAddress({ from: written(raw.from), to: written(raw.to) })}
          onChangeTimeZone={(timeZone) => onAddress({ timeZone })}
          onMoveBackward={move(-0.5)}
          onMoveForward={move(0.5)}
          onZoom={zoomOut}
        />
      )}
      {onRefresh && (
        <RefreshPicker
          onRefresh={onRefresh}
          onIntervalChanged={(refresh) => onAddress({ refresh })}
          value={address.refresh}
          intervals={['1s', '2s', '5s', '10s', '30s', '1m', '5m']}
        />
      )}
    </div>
  );
}

function written(end: TimeRange['raw']['from']): string {
  return typeof end === 'string' ? end : String(end.valueOf());
}

function useWidth(): [(element: HTMLElement | null) => void, number] {
  const [width, setWidth] = useState(0);
  const observer = useRef<ResizeObserver>(undefined);
  const ref = useCallback((element: HTMLElement | null) => {
    observer.current?.disconnect();
    if (element) {
      observer.current = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
      observer.current.observe(element);
    }
  }, []);
  return [ref, width];
}

/** After fonts are there and what React and uPlot have drawn is on the screen. */
function afterPainting(then: () => void): void {
  void document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(then)));
}

function reportOf(
  page: Page,
  { range, variables, annotations }: Resolved,
  shown: ReturnType<typeof layout>['panels'],
  drawings: ReadonlyMap<number, Drawing>,
  top: number,
): Report {
  const { dashboard, others } = page;
  return {
    uid: dashboard.uid,
    title: dashboard.title,
    from: range.from.valueOf() / 1000,
    to: range.to.valueOf() / 1000,
    variables: Object.fromEntries([...variables].map(([name, { chosen }]) => [name, chosen])),
    annotations: annotations.found,
    links: (dashboard.links ?? []).flatMap((link) =>
      link.type === 'dashboards' ? dashboardsOf(link, others).map(({ title }) => title) : [link.title ?? ''],
    ),
    panels: shown.map(({ panel, row, box }) => ({
      id: panel.id,
      title: panel.title ?? '',
      type: panel.type,
      row,
      links: panelLinks(panel, page).map(({ title, href }) => ({ title, href })),
      box: { ...box, x: box.x + MARGIN, y: box.y + top },
      ...(drawings.get(panel.id) ?? { state: 'error', message: 'was not drawn', values: [] }),
    })),
    problems: [...annotations.problems],
  };
}

function failedReport(dashboard: Dashboard, problem: string): Report {
  const { uid, title } = dashboard;
  return { uid, title, from: 0, to: 0, variables: {}, annotations: [], links: [], panels: [], problems: [problem] };
}
