/** The page: reads the address, fetches the dashboard and draws it. */

import 'uplot/dist/uPlot.min.css';

import { getThemeById, locationUtil, setTimeZoneResolver, ThemeContext, type GrafanaConfig } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { Alert, GlobalStyles, PortalContainer, TextLink } from '@grafana/ui';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';

import { readAddress, writeAddress, type Address } from './address.ts';
import { DashboardPage } from './DashboardPage.tsx';
import { registerTransformations } from './fields.ts';
import type { Dashboard, DashboardSummary } from './model.ts';
import type { RecordedRows } from './rows.ts';
import * as server from './server.ts';

window.viewer = { state: 'drawing', height: 0 };
window.__grafana_public_path__ = '/public/';

interface Loaded {
  dashboard: Dashboard | undefined;
  others: DashboardSummary[];
  rows: RecordedRows | undefined;
}

function App() {
  const [address, setAddress] = useState(() => readAddress(new URL(location.href)));
  const [loaded, setLoaded] = useState<Loaded>();
  const [problem, setProblem] = useState<string>();
  const theme = useMemo(() => getThemeById(address.theme), [address.theme]);

  useEffect(() => {
    load(address.uid).then(
      (found) => {
        const { time, refresh, timezone } = found.dashboard ?? {};
        setAddress(
          readAddress(new URL(location.href), {
            from: time?.from ?? 'now-6h',
            to: time?.to ?? 'now',
            refresh: refresh || '',
            timeZone: timezone || 'browser',
          }),
        );
        setLoaded(found);
      },
      (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)),
    );
  }, [address.uid]);

  useEffect(() => {
    const back = () => location.reload();
    window.addEventListener('popstate', back);
    return () => window.removeEventListener('popstate', back);
  }, []);

  const change = useCallback((part: Partial<Address>) => {
    setAddress((before) => {
      const after = { ...before, ...part };
      history.pushState(undefined, '', writeAddress(after));
      return after;
    });
  }, []);

  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div style={{ background: theme.colors.background.canvas, minHeight: '100vh' }}>
        {problem && <Alert title={problem} severity="error" />}
        {loaded?.dashboard && (
          <DashboardPage {...loaded} dashboard={loaded.dashboard} address={address} onAddress={change} />
        )}
        {loaded && !loaded.dashboard && <Index dashboards={loaded.others} />}
      </div>
      <PortalContainer />
    </ThemeContext.Provider>
  );
}

function Index({ dashboards }: { dashboards: DashboardSummary[] }) {
  return (
    <div style={{ padding: 16 }}>
      <h1>Dashboards</h1>
      <ul style={{ listStyle: 'none' }}>
        {dashboards.map(({ uid, title }) => (
          <li key={uid}>
            <TextLink href={`/d/${uid}`} inline={false}>
              {title}
            </TextLink>
          </li>
        ))}
      </ul>
    </div>
  );
}

async function load(uid: string | undefined): Promise<Loaded> {
  const others = await server.dashboards();
  if (uid === undefined) {
    return { dashboard: undefined, others, rows: undefined };
  }
  const [dashboard, rows] = await Promise.all([server.dashboard(uid), server.recordedRows(uid)]);
  return { dashboard, others, rows };
}

async function start(): Promise<void> {
  await initPluginTranslations('grafana-ui');
  registerTransformations();
  setTimeZoneResolver(() => 'browser');
  locationUtil.initialize({
    config: { appSubUrl: '' } as GrafanaConfig,
    getVariablesUrlParams: () => ({}),
    getTimeRangeForUrl: () => ({ from: '', to: '' }),
  });
  createRoot(document.getElementById('root') as HTMLElement).render(<App />);
}

void start();
