/** What the address bar says: which dashboard, which time, which values of its variables. */

export interface Address {
  uid: string | undefined;
  from: string;
  to: string;
  /** Values by variable, of those that the address names. */
  variables: Record<string, string[]>;
  theme: string;
  timeZone: string;
  /** How often a page that ends now is loaded again, such as "5s"; "" for never. */
  refresh: string;
  /** Draw only what is seen without scrolling. */
  firstScreen: boolean;
  /** Open the rows that the dashboard keeps closed. */
  expand: boolean;
}

export function readAddress(
  url: URL,
  defaults: Partial<Pick<Address, 'from' | 'to' | 'refresh' | 'timeZone'>> = {},
): Address {
  const query = url.searchParams;
  const variables: Record<string, string[]> = {};
  for (const [name, value] of query) {
    if (name.startsWith('var-')) {
      (variables[name.slice('var-'.length)] ??= []).push(value);
    }
  }
  return {
    uid: /\/d\/([\w-]+)/.exec(url.pathname)?.[1],
    from: query.get('from') ?? defaults.from ?? 'now-6h',
    to: query.get('to') ?? defaults.to ?? 'now',
    variables,
    theme: query.get('theme') ?? 'dark',
    timeZone: query.get('timezone') ?? defaults.timeZone ?? 'browser',
    refresh: query.get('refresh') ?? defaults.refresh ?? '',
    firstScreen: query.has('firstScreen'),
    expand: query.has('expand'),
  };
}

/** The address as a path and a query, with what a link to it has to say. */
export function writeAddress(address: Address): string {
  const query = new URLSearchParams({ from: address.from, to: address.to });
  for (const [name, values] of Object.entries(address.variables)) {
    for (const value of values) {
      query.append(`var-${name}`, value);
    }
  }
  if (address.refresh) {
    query.set('refresh', address.refresh);
  }
  if (address.timeZone !== 'browser') {
    query.set('timezone', address.timeZone);
  }
  if (address.theme !== 'dark') {
    query.set('theme', address.theme);
  }
  if (address.expand) {
    query.set('expand', '');
  }
  return `/d/${address.uid ?? ''}?${query}`;
}
