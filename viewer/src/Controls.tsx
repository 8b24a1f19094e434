/** The bar above the panels: the variables on the left, the dashboard's links on the right. */

import {
  Combobox,
  Dropdown,
  InlineLabel,
  LinkButton,
  Menu,
  MultiCombobox,
  ToolbarButton,
  toIconName,
  type ComboboxOption,
  type IconName,
} from '@grafana/ui';

import { usePage } from './context.ts';
import { dashboardAddress, dashboardsOf, linkAddress } from './links.ts';
import type { DashboardLink } from './model.ts';
import { ALL, isSeveral, type Variable } from './variables.ts';

interface Props {
  onChoose: (name: string, values: string[]) => void;
}

/** The names of icons that a link is given in its settings. */
const ICONS: Readonly<Record<string, IconName>> = {
  'external link': 'external-link-alt',
  dashboard: 'apps',
  question: 'question-circle',
  info: 'info-circle',
  doc: 'file-alt',
};

const LABEL_HIDDEN = 1;
const HIDDEN = 2;

export function Controls({ onChoose }: Props) {
  const { variables, dashboard } = usePage();
  const shown = [...variables.values()].filter(
    ({ definition }) => definition.hide !== HIDDEN && definition.type !== 'constant',
  );
  return (
    <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8, alignItems: 'center', padding: '0 0 8px' }}>
      {shown.map((variable) => (
        <div
          key={variable.definition.name}
          style={{ display: 'flex' }}
          data-testid={`variable ${variable.definition.name}`}
        >
          {variable.definition.hide !== LABEL_HIDDEN && (
            <InlineLabel width="auto">{variable.definition.label || variable.definition.name}</InlineLabel>
          )}
          <Choice variable={variable} onChoose={onChoose} />
        </div>
      ))}
      <div style={{ flexGrow: 1 }} />
      {(dashboard.links ?? []).map((link) => (
        <Links key={`${link.type} ${link.title}`} link={link} />
      ))}
    </div>
  );
}

function Choice({
  variable: { definition, options, chosen },
  onChoose,
}: {
  variable: Variable;
  onChoose: Props['onChoose'];
}) {
  const named = (value: string): ComboboxOption<string> => ({ value, label: value === ALL ? 'All' : value });
  const choices = [...(definition.includeAll ? [ALL] : []), ...options].map(named);
  if (isSeveral(definition)) {
    const onChange = (picked: Array<ComboboxOption<string>>) => {
      const values = picked.map(({ value }) => value);
      // All and a single value exclude each other: what was picked last holds.
      const lastIsAll = values.at(-1) === ALL || values.length === 0;
      onChoose(definition.name, lastIsAll ? [ALL] : values.filter((value) => value !== ALL));
    };
    return (
      <MultiCombobox
        options={choices}
        value={chosen.map(named)}
        onChange={onChange}
        width="auto"
        minWidth={10}
        maxWidth={40}
      />
    );
  }
  return (
    <Combobox
      options={choices}
      value={chosen[0] ?? null}
      onChange={({ value }) => onChoose(definition.name, [value])}
      width="auto"
      minWidth={10}
      maxWidth={40}
    />
  );
}

function Links({ link }: { link: DashboardLink }) {
  const page = usePage();
  const icon = ICONS[link.icon ?? ''] ?? toIconName(link.icon ?? '') ?? 'external-link-alt';
  if (link.type !== 'dashboards') {
    return (
      <LinkButton
        variant="secondary"
        fill="outline"
        size="sm"
        icon={icon}
        href={linkAddress(link, page)}
        {...(link.targetBlank ? { target: '_blank' } : {})}
        {...(link.tooltip ? { tooltip: link.tooltip } : {})}
      >
        {page.replace(link.title)}
      </LinkButton>
    );
  }
  const found = dashboardsOf(link, page.others).map((other) => ({
    ...other,
    href: dashboardAddress(other.uid, link, page),
  }));
  if (link.asDropdown) {
    const menu = (
      <Menu>
        {found.map(({ uid, title, href }) => (
          <Menu.Item key={uid} label={title} url={href} />
        ))}
      </Menu>
    );
    return (
      <Dropdown overlay={menu}>
        <ToolbarButton icon="bars" variant="canvas">
          {page.replace(link.title)}
        </ToolbarButton>
      </Dropdown>
    );
  }
  return found.map(({ uid, title, href }) => (
    <LinkButton key={uid} variant="secondary" fill="outline" size="sm" icon="apps" href={href}>
      {title}
    </LinkButton>
  ));
}
