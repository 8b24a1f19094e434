// Asks the demonstration every second how it stands, and tells it which button was pressed.
'use strict';

const EVERY_MS = 1000;
const DASHBOARD = '?from=now-5m&to=now&refresh=5s';

const place = (id) => document.getElementById(id);

function element(kind, text, attributes = {}) {
  const made = document.createElement(kind);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  return made;
}

async function press(word) {
  await fetch('/demo/incident', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ word }),
  });
  await show();
}

function showIncidents({ incidents, current, factor }) {
  place('speed').textContent = `Time runs ${factor} times as fast as in production.`;
  if (place('incidents').childElementCount === 0) {
    for (const { word, says, outcome } of incidents) {
      const button = element('button', says, { type: 'button', 'data-word': word });
      button.append(element('small', outcome));
      button.addEventListener('click', () => press(word));
      place('incidents').append(button);
    }
  }
  for (const button of place('incidents').children) {
    button.setAttribute('aria-pressed', String(button.dataset.word === current));
  }
}

function showAlerts({ alerts }) {
  const lines = alerts.map(({ alertname, severity, alertstate }) =>
    element('li', `${alertname}: ${severity}, ${alertstate}`, {
      class: alertstate === 'firing' ? severity : alertstate,
    }),
  );
  place('alerts').replaceChildren(...(lines.length > 0 ? lines : [element('p', 'None is pending or fires.')]));
}

function showNotifications({ notifications }) {
  const lines = notifications.map(({ at, status, name, severity, summary }) => {
    const time = new Date(at * 1000).toLocaleTimeString('en-GB');
    const line = element('li', `${time} ${status.toUpperCase()} ${severity}: ${name}`, {
      class: status === 'firing' ? severity : status,
    });
    line.append(element('small', summary));
    return line;
  });
  const newestFirst = lines.reverse();
  place('notifications').replaceChildren(...(lines.length > 0 ? newestFirst : [element('p', 'None so far.')]));
}

function showDashboards({ dashboards, viewer }) {
  place('without-viewer').hidden = viewer;
  const frame = place('dashboard');
  if (!viewer || frame.src) {
    return;
  }
  const open = (uid) => {
    frame.src = `/d/${uid}${DASHBOARD}`;
    for (const button of place('dashboards').children) {
      button.setAttribute('aria-pressed', String(button.dataset.uid === uid));
    }
  };
  for (const { uid, title } of dashboards) {
    const button = element('button', title, { type: 'button', 'data-uid': uid });
    button.addEventListener('click', () => open(uid));
    place('dashboards').append(button);
  }
  const first = dashboards.find(({ uid }) => uid.endsWith('-service')) ?? dashboards[0];
  if (first) {
    frame.hidden = false;
    open(first.uid);
  }
}

async function show() {
  try {
    const state = await (await fetch('/demo/state')).json();
    showIncidents(state);
    showAlerts(state);
    showNotifications(state);
    showDashboards(state);
  } catch {
    place('speed').textContent = 'The demonstration has ended.';
  }
}

async function keepShowing() {
  await show();
  setTimeout(keepShowing, EVERY_MS);
}

void keepShowing();
