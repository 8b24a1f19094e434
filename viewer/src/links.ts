/** Where the links of dashboards and panels lead. */

import { urlUtil } from '@grafana/data';

import type { Page } from './context.ts';
import type { DashboardLink, DashboardSummary, Panel } from './model.ts';
import { addressOf, rangeAddress } from './variables.ts';

/** The address of a link, with time range and variables if it takes them along. */
export function linkAddress(link: DashboardLink, page: Pick<Page, 'replace' | 'range' | 'variables'>): string {
  return withContext(page.replace(link.url, {}, 'percentencode'), link, page);
}

/** The links in the head of a panel, with texts and addresses filled in. */
export function panelLinks({ links = [] }: Panel, page: Pick<Page, 'replace' | 'range' | 'variables'>) {
  return links.map((link) => ({
    title: page.replace(link.title, {}, 'text'),
    href: linkAddress(link, page),
    targetBlank: Boolean(link.targetBlank),
  }));
}

/** The dashboards that a link by tags leads to: all that have each of them. */
export function dashboardsOf(link: DashboardLink, others: DashboardSummary[]): DashboardSummary[] {
  const tags = link.tags ?? [];
  return others.filter((other) => tags.every((tag) => other.tags.includes(tag)));
}

export function dashboardAddress(uid: string, link: DashboardLink, page: Pick<Page, 'range' | 'variables'>): string {
  return withContext(`/d/${uid}`, link, page);
}

function withContext(
  address: string,
  { keepTime, includeVars }: DashboardLink,
  { range, variables }: Pick<Page, 'range' | 'variables'>,
): string {
  const added = [...(keepTime ? [rangeAddress(range)] : []), ...(includeVars ? [addressOf(variables)] : [])].filter(
    Boolean,
  );
  return added.reduce((address, query) => urlUtil.appendQueryToUrl(address, query), address);
}
