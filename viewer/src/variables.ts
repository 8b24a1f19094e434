/** The variables of a dashboard: their values, asked of Prometheus, and texts with the values filled in. */

import {
  dateTimeFormat,
  type DataFrame,
  type DisplayValue,
  type Field,
  type ScopedVars,
  type TimeRange,
} from '@grafana/data';

import { AZURE, PROMETHEUS, type Dashboard, type VariableDefinition } from './model.ts';
import { labelValues, queryInstant, Refused, seriesOf } from './server.ts';
import { rangeWords } from './time.ts';

export const ALL = '$__all';

export interface Variable {
  definition: VariableDefinition;
  options: string[];
  /** What is chosen of the options; `[ALL]` for all of them. */
  chosen: string[];
}

export type Variables = ReadonlyMap<string, Variable>;

/** What is filled into a text besides the variables: `__interval`, `__range` and the like. */
export type Words = Readonly<Record<string, string>>;

export function isSeveral(definition: VariableDefinition): boolean {
  return Boolean(definition.multi || definition.includeAll);
}

/**
 * The variables of a dashboard, each resolved with those before it. `chosen` is what the address says.
 *
 * Rejects with Refused for a variable that cannot be resolved. One without options is empty, as in Grafana.
 */
export async function resolveVariables(
  dashboard: Dashboard,
  range: TimeRange,
  chosen: Readonly<Record<string, string[]>>,
): Promise<Variables> {
  const variables = new Map<string, Variable>();
  for (const definition of dashboard.templating?.list ?? []) {
    const options = await optionsOf(definition, variables, range);
    const asked = chosen[definition.name];
    variables.set(definition.name, { definition, options, chosen: asked?.length ? asked : saved(definition, options) });
  }
  return variables;
}

async function optionsOf(definition: VariableDefinition, variables: Variables, range: TimeRange): Promise<string[]> {
  const query = typeof definition.query === 'string' ? definition.query : (definition.query?.query ?? '');
  switch (definition.type) {
    case 'datasource':
      // There is one data source of each type.
      return [query === AZURE ? 'Azure Monitor' : query];
    case 'query': {
      if (definition.datasource?.type !== PROMETHEUS) {
        throw new Refused(`variable ${definition.name}: asks a data source of the type ${definition.datasource?.type}`);
      }
      const text = fill(query, variables, rangeWords(range), forPromql);
      return sorted(matching(await asked(definition.name, text, range), definition), definition);
    }
    case 'custom':
    case 'interval':
      return query.split(',').map((item) => item.trim().split(' : ').at(-1) ?? '');
    case 'constant':
    case 'textbox':
      return [query];
    default:
      throw new Refused(`variable ${definition.name}: the viewer does not know the type ${definition.type}`);
  }
}

const LABEL_VALUES = /^label_values\((?:(?<selector>.+),)?\s*(?<label>[a-zA-Z_]\w*)\s*\)\s*$/s;
const QUERY_RESULT = /^query_result\((?<query>.+)\)\s*$/s;

async function asked(name: string, text: string, range: TimeRange): Promise<string[]> {
  const [start, end] = [range.from.valueOf() / 1000, range.to.valueOf() / 1000];
  const values = LABEL_VALUES.exec(text)?.groups;
  if (values?.['label']) {
    return labelValues(values['label'], values['selector'], start, end);
  }
  const result = QUERY_RESULT.exec(text)?.groups?.['query'];
  if (result) {
    const data = await queryInstant(result, end);
    return data.resultType === 'vector' && Array.isArray(data.result)
      ? (data.result as Array<{ metric: Record<string, string>; value: [number, string] }>).map(
          ({ metric, value }) => `${selectorText(metric)} ${value[1]} ${value[0] * 1000}`,
        )
      : [];
  }
  if (/^metrics\(/.test(text)) {
    throw new Refused(`variable ${name}: the viewer does not know metrics()`);
  }
  return (await seriesOf(text, start, end)).map(selectorText);
}

function selectorText(metric: Record<string, string>): string {
  const { __name__: metricName = '', ...labels } = metric;
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return `${metricName}{${pairs.join(',')}}`;
}

/** The values that the variable's pattern keeps; of a pattern with a group, what the group holds. */
function matching(values: string[], definition: VariableDefinition): string[] {
  if (!definition.regex) {
    return values;
  }
  const written = /^\/(.*)\/([a-z]*)$/s.exec(definition.regex);
  const pattern = new RegExp(written?.[1] ?? definition.regex, (written?.[2] ?? '').replace('g', ''));
  const kept = values.map((value) => pattern.exec(value)).filter((found) => found !== null);
  return [...new Set(kept.map((found) => found[1] ?? found.input))];
}

function sorted(values: string[], { sort = 0 }: VariableDefinition): string[] {
  const compare: Record<number, (a: string, b: string) => number> = {
    1: (a, b) => (a < b ? -1 : 1),
    3: (a, b) => Number.parseFloat(a) - Number.parseFloat(b),
    5: (a, b) => a.localeCompare(b, undefined, { sensitivity: 'base' }),
    7: (a, b) => a.localeCompare(b, undefined, { numeric: true }),
  };
  const ascending = compare[sort % 2 === 0 ? sort - 1 : sort];
  if (!ascending) {
    return values;
  }
  const up = [...values].sort(ascending);
  return sort % 2 === 0 ? up.reverse() : up;
}

/** What the file says is chosen, as far as it still exists; else all, or the first option. */
function saved(definition: VariableDefinition, options: string[]): string[] {
  const value = definition.current?.value;
  const values = Array.isArray(value) ? value : value ? [value] : [];
  if (values.includes(ALL)) {
    return [ALL];
  }
  const kept = values.filter((one) => options.includes(one));
  if (kept.length > 0) {
    return kept;
  }
  return definition.includeAll ? [ALL] : options.slice(0, 1);
}

// Texts

type Writer = (values: string[], variable: Variable) => string;

const REFERENCE = /\$(?<plain>\w+)|\[\[(?<square>\w+)(?::(?<squareFormat>\w+))?\]\]|\$\{(?<braces>[^}]+)\}/g;

/** `text` with `$v`, `${v}`, `${v:format}` and `[[v]]` filled in; what is no variable stays as it is. */
export function fill(text: string, variables: Variables, words: Words = {}, written: Writer = plainly): string {
  return text.replace(REFERENCE, (whole, ...found) => {
    const groups = found.at(-1) as Record<string, string | undefined>;
    const [name = '', format] = groups['braces'] ? split(groups['braces']) : [groups['plain'] ?? groups['square']];
    return valueOf(name, format ?? groups['squareFormat'], variables, words, written) ?? whole;
  });
}

/** `name:format` as its two parts; a format may have colons of its own. */
function split(inBraces: string): [string, string | undefined] {
  const colon = inBraces.indexOf(':');
  return colon < 0 ? [inBraces, undefined] : [inBraces.slice(0, colon), inBraces.slice(colon + 1)];
}

function valueOf(
  name: string,
  format: string | undefined,
  variables: Variables,
  words: Words,
  written: Writer,
): string | undefined {
  const word = words[name];
  if (word !== undefined) {
    return format?.startsWith('date') ? dated(Number(word), format) : word;
  }
  const variable = variables.get(name);
  if (!variable) {
    return undefined;
  }
  let values = variable.chosen;
  if (format === 'queryparam') {
    return values.map((value) => `var-${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
  }
  if (isAll(variable)) {
    if (format === 'text' || written === asText) {
      return 'All';
    }
    const every = variable.definition.allValue;
    if (every && format !== 'percentencode') {
      return fill(every, variables, words, written);
    }
    values = variable.options;
  }
  if (!format) {
    return written(values, variable);
  }
  const writer = FORMATS[format];
  if (!writer) {
    throw new Refused(`variable ${name}: the viewer does not know the format ${format}`);
  }
  return writer(values, variable);
}

function dated(milliseconds: number, format: string): string {
  const pattern = format.slice('date:'.length);
  if (!pattern || pattern === 'iso') {
    return new Date(milliseconds).toISOString();
  }
  return pattern === 'seconds'
    ? String(Math.round(milliseconds / 1000))
    : dateTimeFormat(milliseconds, { format: pattern });
}

const plainly: Writer = (values) => globbed(values);

/** As titles show it. */
const asText: Writer = (values) => values.join(' + ');

function isAll({ chosen }: Variable): boolean {
  return chosen.length === 1 && chosen[0] === ALL;
}

/** As the Prometheus data source writes values into a query: in a pattern escaped, several as alternatives. */
export const forPromql: Writer = (values, { definition }) => {
  if (!isSeveral(definition)) {
    return values
      .slice(0, 1)
      .map((value) => value.replaceAll('\\', '\\\\').replaceAll("'", "\\\\'"))
      .join('');
  }
  const escaped = values.map((value) =>
    value.replaceAll('\\', '\\\\\\\\').replace(/[$^*{}[\]+?.()|]/g, (character) => `\\\\${character}`),
  );
  return escaped.length === 1 ? (escaped[0] ?? '') : `(${escaped.join('|')})`;
};

function globbed(values: string[]): string {
  return values.length === 1 ? (values[0] ?? '') : `{${values.join(',')}}`;
}

const FORMATS: Readonly<Record<string, Writer>> = {
  csv: (values) => values.join(','),
  raw: (values) => values.join(','),
  pipe: (values) => values.join('|'),
  text: (values) => values.join(' + '),
  regex: (values) => {
    const escaped = values.map((value) => value.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&'));
    return escaped.length === 1 ? (escaped[0] ?? '') : `(${escaped.join('|')})`;
  },
  glob: globbed,
  json: (values) => JSON.stringify(values.length === 1 ? values[0] : values),
  singlequote: (values) => values.map((value) => `'${value.replaceAll("'", "\\'")}'`).join(','),
  doublequote: (values) => values.map((value) => `"${value.replaceAll('"', '\\"')}"`).join(','),
  percentencode: (values) => encodeURIComponent(globbed(values)),
  uriencode: (values) => encodeURI(globbed(values)),
};

/** The variables as an address holds them: `var-namespace=production&var-model_name=$__all`. */
export function addressOf(variables: Variables): string {
  return [...variables.values()]
    .flatMap(({ definition, chosen }) =>
      chosen.map((value) => `var-${encodeURIComponent(definition.name)}=${encodeURIComponent(value)}`),
    )
    .join('&');
}

export function rangeAddress(range: TimeRange): string {
  const end = (raw: TimeRange['raw']['from']) =>
    encodeURIComponent(typeof raw === 'string' ? raw : String(raw.valueOf()));
  return `from=${end(range.raw.from)}&to=${end(range.raw.to)}`;
}

/** What `fill` knows in the texts of a panel: titles, links, names of fields. */
export function wordsOfDashboard(dashboard: Dashboard, variables: Variables, range: TimeRange): Words {
  return {
    ...rangeWords(range),
    __url_time_range: rangeAddress(range),
    __all_variables: addressOf(variables),
    __dashboard: dashboard.title,
    '__dashboard.title': dashboard.title,
    '__dashboard.name': dashboard.title,
    '__dashboard.uid': dashboard.uid,
    '__org.id': '1',
    __timezone: dashboard.timezone ?? 'browser',
  };
}

/** Grafana's `replaceVariables`: the variables, and what the links and names of fields say of the field and the row. */
export function replacer(variables: Variables, words: Words) {
  return (text: string | undefined, scoped?: ScopedVars, format?: unknown): string => {
    if (!text?.includes('$') && !text?.includes('[[')) {
      return text ?? '';
    }
    if (format === 'text') {
      return fill(text, variables, words, asText);
    }
    const encode = format === 'uriencode' || format === 'percentencode' ? encodeURIComponent : (value: string) => value;
    const ofData = text.replace(
      /\$\{(__(?:field|series|value|data|cell)[^}:]*)(?::([^}]*))?\}/g,
      (whole, path: string, as?: string) => {
        const found = ofField(path, scoped);
        return found === undefined ? whole : as === 'raw' ? found : encode(found);
      },
    );
    const more = Object.fromEntries(
      Object.entries(scoped ?? {}).flatMap(([name, one]) =>
        one && typeof one.value !== 'object' && one.value !== undefined ? [[name, String(one.value)]] : [],
      ),
    );
    const writer: Writer = (values) => encode(globbed(values));
    return fill(ofData, variables, { ...words, ...more }, writer);
  };
}

interface DataContext {
  frame?: DataFrame;
  field?: Field;
  rowIndex?: number;
  calculatedValue?: DisplayValue;
}

function ofField(path: string, scoped: ScopedVars | undefined): string | undefined {
  const { frame, field, rowIndex, calculatedValue } = (scoped?.['__dataContext']?.value ?? {}) as DataContext;
  const [root = '', ...keys] = parts(path);
  const shown = (of: Field | undefined, row: number | undefined, key: string | undefined) => {
    const raw = row === undefined ? undefined : of?.values[row];
    const display = calculatedValue && of === field ? calculatedValue : of?.display?.(raw);
    switch (key) {
      case 'numeric':
        return String(display?.numeric ?? '');
      case 'text':
        return display?.text ?? '';
      case 'time':
        return String(frame?.fields.find(({ type }) => type === 'time')?.values[row ?? 0] ?? '');
      default:
        return String(raw ?? display?.text ?? '');
    }
  };
  switch (root) {
    case '__field':
      if (!field) {
        return undefined;
      }
      if (keys[0] === 'labels') {
        const labels = field.labels ?? {};
        return keys[1]
          ? (labels[keys[1]] ?? '')
          : Object.entries(labels)
              .map(([label, value]) => `${label}="${value}"`)
              .join(', ');
      }
      return keys[0] === 'name' ? field.name : (field.state?.displayName ?? field.config.displayName ?? field.name);
    case '__series':
      return frame ? (frame.name ?? '') : undefined;
    case '__value':
      return field ? shown(field, rowIndex, keys[0]) : undefined;
    case '__data': {
      const wanted = keys[1] ?? '';
      const column = /^\d+$/.test(wanted)
        ? frame?.fields[Number(wanted)]
        : frame?.fields.find(
            (one) => one.name === wanted || one.state?.displayName === wanted || one.config.displayName === wanted,
          );
      return frame ? shown(column, rowIndex, keys[2]) : undefined;
    }
    default:
      return undefined;
  }
}

/** `__data.fields["Value #A"].text` as its parts. */
function parts(path: string): string[] {
  return [...path.matchAll(/\["([^"]*)"\]|\['([^']*)'\]|\[(\w+)\]|([^.[\]]+)/g)].map(
    (found) => found[1] ?? found[2] ?? found[3] ?? found[4] ?? '',
  );
}
