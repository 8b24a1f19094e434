/** Field settings and transformations of a panel, applied by Grafana's own code. */

import {
  applyFieldOverrides,
  booleanOverrideProcessor,
  cacheFieldDisplayNames,
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  FieldConfigOptionsRegistry,
  FieldType,
  identityOverrideProcessor,
  numberOverrideProcessor,
  standardTransformers,
  standardTransformersRegistry,
  stringOverrideProcessor,
  thresholdsOverrideProcessor,
  transformDataFrame,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
  type DataFrame,
  type DataTransformerInfo,
  type Field,
  type FieldConfigPropertyItem,
  type FieldConfigSource,
  type GrafanaTheme2,
  type InterpolateFunction,
} from '@grafana/data';
import { lastValueFrom } from 'rxjs';

import type { Panel } from './model.ts';

// Transformations

/** Makes Grafana's transformations known to it. Some are listed twice under the same id. */
export function registerTransformations(): void {
  standardTransformersRegistry.setInit(() => {
    const distinct = new Map<string, DataTransformerInfo>();
    for (const transformer of Object.values(standardTransformers) as DataTransformerInfo[]) {
      distinct.set(transformer.id, transformer);
    }
    return [...distinct.values()].map((transformer) => ({
      id: transformer.id,
      name: transformer.name,
      transformation: () => Promise.resolve(transformer),
      editor: () => null,
      imageDark: '',
      imageLight: '',
    }));
  });
}

/** The ids of a panel's transformations that the viewer cannot apply. */
export function unknownTransformations(panel: Panel): string[] {
  return (panel.transformations ?? [])
    .filter(({ id, disabled }) => !disabled && !standardTransformersRegistry.getIfExists(id))
    .map(({ id }) => id);
}

export function transformed(panel: Panel, frames: DataFrame[], replace: InterpolateFunction): Promise<DataFrame[]> {
  const context = { interpolate: (text: string) => replace(text) };
  return lastValueFrom(transformDataFrame(panel.transformations ?? [], frames, context));
}

// Field settings

const always = () => true;
const numbers = (field: Field) => field.type === FieldType.number;

type Processor = FieldConfigPropertyItem['process'];

const STANDARD: Record<string, [Processor, FieldConfigPropertyItem['shouldApply']]> = {
  unit: [unitOverrideProcessor as Processor, always],
  min: [numberOverrideProcessor as Processor, numbers],
  max: [numberOverrideProcessor as Processor, numbers],
  fieldMinMax: [booleanOverrideProcessor as Processor, numbers],
  decimals: [numberOverrideProcessor as Processor, numbers],
  displayName: [displayNameOverrideProcessor as Processor, always],
  description: [stringOverrideProcessor as Processor, always],
  noValue: [stringOverrideProcessor as Processor, always],
  color: [identityOverrideProcessor, always],
  thresholds: [thresholdsOverrideProcessor as Processor, always],
  mappings: [valueMappingsOverrideProcessor as Processor, always],
  links: [dataLinksOverrideProcessor as Processor, always],
  filterable: [identityOverrideProcessor, always],
};

function property(
  id: string,
  path: string,
  isCustom: boolean,
  process: Processor,
  shouldApply: FieldConfigPropertyItem['shouldApply'],
) {
  const item: FieldConfigPropertyItem = {
    id,
    path,
    isCustom,
    name: id,
    settings: { expandTemplateVars: true }, // of texts: ${__field.labels.pod} in a displayName
    process,
    shouldApply,
    editor: () => null,
    override: () => null,
  };
  return item;
}

/**
 * The properties that a field of this panel can have.
 *
 * A panel's plugin would list those of its own (`custom.lineWidth`); plugins are not published, so they are taken from
 * what the panel's JSON and the defaults of its type set.
 */
function registryOf({ defaults, overrides }: FieldConfigSource): FieldConfigOptionsRegistry {
  const own = new Set(Object.keys(defaults.custom ?? {}));
  for (const { id } of overrides.flatMap(({ properties }) => properties)) {
    if (id.startsWith('custom.')) {
      own.add(id.slice('custom.'.length));
    }
  }
  const registry = new FieldConfigOptionsRegistry();
  for (const [id, [process, shouldApply]] of Object.entries(STANDARD)) {
    registry.register(property(id, id, false, process, shouldApply));
  }
  for (const path of own) {
    registry.register(property(`custom.${path}`, path, true, identityOverrideProcessor, always));
  }
  return registry;
}

const HIDDEN_NOWHERE = { viz: false, legend: false, tooltip: false };

/** What Grafana takes for settings of a field that the JSON leaves out, by the panel's type. */
const CUSTOM_DEFAULTS: Readonly<Record<string, object>> = {
  timeseries: {
    drawStyle: 'line',
    lineInterpolation: 'linear',
    lineWidth: 1,
    fillOpacity: 0,
    gradientMode: 'none',
    barAlignment: 0,
    barWidthFactor: 0.6,
    spanNulls: false,
    showPoints: 'auto',
    pointSize: 5,
    stacking: { mode: 'none', group: 'A' },
    axisPlacement: 'auto',
    axisLabel: '',
    axisColorMode: 'text',
    axisBorderShow: false,
    axisCenteredZero: false,
    scaleDistribution: { type: 'linear' },
    hideFrom: HIDDEN_NOWHERE,
    thresholdsStyle: { mode: 'off' },
  },
  'state-timeline': { lineWidth: 0, fillOpacity: 70, spanNulls: false, hideFrom: HIDDEN_NOWHERE },
  table: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false, hideFrom: HIDDEN_NOWHERE },
  heatmap: { hideFrom: HIDDEN_NOWHERE },
};

const GREEN_BELOW_80 = {
  mode: 'absolute',
  steps: [
    { value: null, color: 'green' },
    { value: 80, color: 'red' },
  ],
};
const DEFAULT_COLOR: Readonly<Record<string, string>> = { timeseries: 'palette-classic' };

export function fieldConfigOf(panel: Panel): FieldConfigSource {
  const { defaults = {}, overrides = [] } = panel.fieldConfig ?? {};
  // In JSON the lowest threshold is null; Grafana counts with minus infinity.
  const thresholds = structuredClone(
    defaults.thresholds ?? (GREEN_BELOW_80 as NonNullable<typeof defaults.thresholds>),
  );
  return {
    defaults: {
      ...defaults,
      color: defaults.color ?? { mode: DEFAULT_COLOR[panel.type] ?? 'thresholds' },
      thresholds: { ...thresholds, steps: lowestFirst(thresholds.steps) },
      custom: { ...CUSTOM_DEFAULTS[panel.type], ...(defaults.custom as object | undefined) },
    },
    overrides: overrides.map((rule) => ({
      ...rule,
      properties: rule.properties.map((one) =>
        one.id === 'thresholds' ? { ...one, value: { ...one.value, steps: lowestFirst(one.value.steps) } } : one,
      ),
    })),
  };
}

function lowestFirst<Step extends { value: number | null }>(steps: Step[]): Array<Step & { value: number }> {
  return steps.map((step) => ({ ...step, value: step.value ?? -Infinity }));
}

/** The frames with each field's settings, names and way of being written. */
export function withFieldSettings(
  panel: Panel,
  frames: DataFrame[],
  replace: InterpolateFunction,
  theme: GrafanaTheme2,
  timeZone: string,
): DataFrame[] {
  const fieldConfig = fieldConfigOf(panel);
  const found = applyFieldOverrides({
    data: frames,
    fieldConfig,
    fieldConfigRegistry: registryOf(fieldConfig),
    replaceVariables: replace,
    theme,
    timeZone,
  });
  cacheFieldDisplayNames(found);
  return found;
}
