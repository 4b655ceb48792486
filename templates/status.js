'use strict';
// Asks the page's own location for the numbers, and shows what has changed since it asked last.
const EVERY_MS = 2000, KEPT = 60;
const $ = (id) => document.getElementById(id);
const past = {};
let last = null, paused = false, timer = 0;

function element(name, text, ...classes) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  made.classList.add(...classes);
  return made;
}

function svg(name, attributes) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const digits = (number) => (number >= 100 || number === 0 ? 0 : number >= 10 ? 1 : 2);
function short(number, base = 1000, units = ['', 'k', 'M', 'G', 'T', 'P']) {
  let unit = 0;
  while (number >= base && unit < units.length - 1) [number, unit] = [number / base, unit + 1];
  return `${number.toFixed(unit || number % 1 ? digits(number) : 0)}${units[unit]}`;
}
const bytes = (number) => short(number, 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB', ' PiB']);
const percent = (part) => `${(100 * part).toFixed(part > 0 && part < 0.1 ? 1 : 0)} %`;
function seconds(time) {
  if (time === null) return '–';
  return time < 1 ? `${(1000 * time).toFixed(0)} ms` : `${Number(time.toFixed(time < 10 ? 1 : 0))} s`;
}
function age(time) {
  const [days, hours, minutes] = [time / 86400, (time / 3600) % 24, (time / 60) % 60].map(Math.floor);
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min` : `${Math.max(0, Math.floor(time))} s`;
}

/** The samples of a family; none where the site has none. */
const samples = (all, name) => all.families[name] || [];
const key = (sample) => [sample.server, sample.location, sample.upstream, sample.peer].join('\n');
const sum = (list) => list.reduce((total, sample) => total + sample.value, 0);
const one = (all, name) => (samples(all, name)[0] || {}).value || 0;
/** How much a number has grown in a second. A server that was started anew begins at 0. */
function rate(now, name, pick = () => true) {
  if (!last) return null;
  const [old, new_] = [last, now].map((all) => sum(samples(all, name).filter(pick)));
  return Math.max(0, new_ - old) / Math.max(0.001, now.time - last.time);
}

/** The time that so great a part of requests has taken at most, by the buckets. */
function quantile(bounds, buckets, part) {
  const count = buckets[buckets.length - 1];
  if (!count) return null;
  const at = buckets.findIndex((upTo) => upTo >= part * count);
  if (at >= bounds.length) return bounds[bounds.length - 1];
  const [from, before] = at ? [bounds[at - 1], buckets[at - 1]] : [0, 0];
  return from + ((bounds[at] - from) * (part * count - before)) / Math.max(1, buckets[at] - before);
}

function added(lists) {
  return lists.reduce((total, list) => total.map((number, at) => number + list[at]), lists[0].map(() => 0));
}

/** The buckets of what came since it was asked last, or of all where nothing did. */
function recent(now, name, pick = () => true) {
  const [new_, old] = [now, last].map((all) => (all ? samples(all, name).filter(pick).map((it) => it.buckets) : []));
  if (!new_.length) return [];
  const total = added(new_);
  if (!old.length) return total;
  const before = added(old), since = total.map((number, at) => number - before[at]);
  return since[since.length - 1] > 0 ? since : total;
}

function tile(name, text, note, number, bad) {
  let box = $(`tile-${name}`);
  if (!box) {
    box = element('div', undefined, 'tile');
    box.id = `tile-${name}`;
    const graph = svg('svg', { viewBox: '0 0 100 30', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
    graph.append(svg('path', { class: 'area' }), svg('path', { class: 'line' }));
    box.append(element('span', name), element('b'), graph);
    $('tiles').append(box);
  }
  box.classList.toggle('bad', Boolean(bad));
  const value = box.querySelector('b');
  value.textContent = text;
  if (note) value.append(' ', element('small', note));
  const list = (past[name] ||= []);
  if (number !== null) list.push(number);
  if (list.length > KEPT) list.shift();
  const most = Math.max(...list, 1e-9), step = 100 / (KEPT - 1), start = 100 - step * (list.length - 1);
  const points = list.map((it, at) => `${(start + step * at).toFixed(2)},${(28 - (26 * it) / most).toFixed(2)}`);
  const line = points.length > 1 ? `M${points.join('L')}` : '';
  box.querySelector('.line').setAttribute('d', line);
  box.querySelector('.area').setAttribute('d', line && `${line}L100,30L${start.toFixed(2)},30Z`);
}

function tiles(now) {
  const failed = (it) => it.status >= '500' && it.status <= '599';
  const requests = rate(now, 'sitec_http_requests_total'), failures = rate(now, 'sitec_http_requests_total', failed);
  const part = requests ? failures / requests : 0;
  const states = samples(now, 'sitec_connections');
  const open = sum(states), busy = states.find((it) => it.state === 'writing');
  const buckets = recent(now, 'sitec_http_request_duration_seconds');
  const p95 = buckets.length ? quantile(now.bounds, buckets, 0.95) : null;
  const sent = rate(now, 'sitec_http_response_bytes_total'), cpu = rate(now, 'process_cpu_seconds_total');
  const total = sum(samples(now, 'sitec_http_requests_total'));
  const soon = (number, shown) => (number === null ? '…' : shown(number));
  tile('Requests', soon(requests, short), `/s · ${short(total)} in all`, requests);
  tile('Server errors', soon(requests === null ? null : part, percent), soon(failures, (it) => `${short(it)}/s`), part, part > 0.01);
  tile('95 % take at most', seconds(p95), '', p95);
  tile('Connections', short(open), `${busy ? short(busy.value) : 0} busy, of ${short(one(now, 'sitec_connections_max'))}`, open);
  tile('Sent', soon(sent, bytes), '/s', sent);
  tile('CPU', soon(cpu, percent), '', cpu);
  if (samples(now, 'process_resident_memory_bytes').length) {
    const memory = one(now, 'process_resident_memory_bytes');
    tile('Memory', bytes(memory), '', memory);
  }
}

function times(now) {
  const buckets = recent(now, 'sitec_http_request_duration_seconds');
  $('times').hidden = !buckets.length;
  if (!buckets.length) return;
  const each = buckets.map((upTo, at) => upTo - (at ? buckets[at - 1] : 0)), most = Math.max(...each, 1);
  const bars = $('bars');
  while (bars.children.length < each.length) {
    const bar = element('div');
    bar.append(element('i'), element('span'));
    bars.append(bar);
  }
  each.forEach((count, at) => {
    const [bar, label] = bars.children[at].children;
    bar.style.height = `${(100 * count) / most}%`;
    label.textContent = at < now.bounds.length ? seconds(now.bounds[at]) : 'more';
    bars.children[at].title = `${count} requests`;
  });
}

function name(main, more) {
  const cell = element('td', undefined, 'name');
  cell.append(element('code', main));
  if (more) cell.append(element('span', more));
  return cell;
}

function parts(counts) {
  const total = counts.reduce((all, it) => all + it.value, 0), box = element('div', undefined, 'parts'), cell = element('td');
  const classes = {};
  for (const it of counts) {
    const group = /^\d/.test(it.status) ? it.status[0] : '0';
    classes[group] = (classes[group] || 0) + it.value;
  }
  for (const group of Object.keys(classes).sort()) {
    const part = element('i', undefined, `c${group}`);
    part.style.width = `${(100 * classes[group]) / Math.max(1, total)}%`;
    box.append(part);
  }
  box.title = counts.map((it) => `${it.status}: ${it.value}`).join(', ');
  cell.append(box);
  return cell;
}

function table(title, heads, rows) {
  let box = $(`table-${title}`);
  if (!rows.length) return box && box.remove();
  if (!box) {
    box = element('section');
    box.id = `table-${title}`;
    $('tables').append(box);
  }
  const made = element('table'), head = element('tr');
  heads.forEach(([text, minor]) => head.append(element('th', text, ...(minor ? ['minor'] : []))));
  made.append(head);
  for (const cells of rows) {
    const row = element('tr');
    cells.forEach((cell, at) => {
      const made = cell instanceof Node ? cell : element('td', cell);
      if (heads[at][1]) made.classList.add('minor');
      row.append(made);
    });
    made.append(row);
  }
  box.replaceChildren(element('h2', title), made);
}

/** Rows of what is told by status, those with most first. */
function byStatus(now, family, timesFamily, label) {
  const groups = new Map();
  for (const it of samples(now, family)) {
    if (!groups.has(key(it))) groups.set(key(it), []);
    groups.get(key(it)).push(it);
  }
  return [...groups.entries()]
    .map(([id, counts]) => ({ id, counts, total: sum(counts) }))
    .sort((one, other) => other.total - one.total)
    .map(({ id, counts, total }) => {
      const mine = (it) => key(it) === id;
      const grown = rate(now, family, mine), buckets = recent(now, timesFamily, mine);
      const time = (part) => (buckets.length ? seconds(quantile(now.bounds, buckets, part)) : '–');
      return [label(counts[0]), grown === null ? '…' : short(grown), short(total), parts(counts), time(0.5), time(0.95)];
    });
}

const BY_STATUS = [['per second'], ['in all', true], ['by status'], ['half take', true], ['95 % take']];

/** Rows of what is told by one word, a column for each. */
function byWord(now, family, what, word) {
  const groups = new Map();
  for (const it of samples(now, family)) {
    if (!groups.has(it[what])) groups.set(it[what], []);
    groups.get(it[what]).push(`${it[word].toLowerCase()} ${short(it.value)}`);
  }
  return [...groups.entries()].map(([id, list]) => [name(id), list.join(' · ')]);
}

function tables(now) {
  table('Locations', [['location'], ...BY_STATUS],
    byStatus(now, 'sitec_http_requests_total', 'sitec_http_request_duration_seconds', (it) => name(it.location, it.server)));
  table('Upstreams', [['server'], ...BY_STATUS],
    byStatus(now, 'sitec_upstream_requests_total', 'sitec_upstream_response_time_seconds', (it) => name(it.peer, it.upstream)));
  table('Limits', [['zone'], ['requests']], byWord(now, 'sitec_limit_requests_total', 'zone', 'result'));
  table('Caches', [['cache'], ['requests']], byWord(now, 'sitec_cache_requests_total', 'cache', 'result'));
  table('TLS', [['handshakes'], ['']], byWord(now, 'sitec_tls_handshakes_total', 'version', 'result'));
}

function show(now) {
  const build = samples(now, 'sitec_build_info')[0], leaving = one(now, 'sitec_leaving') > 0;
  document.title = `${build.site}: status`;
  $('site').textContent = build.site;
  $('light').className = leaving ? 'leaving' : 'ok';
  const workers = one(now, 'sitec_workers');
  $('about').textContent = `${leaving ? 'leaving' : 'up'} for ${age(now.time - one(now, 'process_start_time_seconds'))}`
    + ` · ${workers} worker${workers === 1 ? '' : 's'} · sitec ${build.version} · conf ${build.conf.slice(0, 12)}`;
  if (last && one(last, 'process_start_time_seconds') !== one(now, 'process_start_time_seconds')) last = null;
  tiles(now);
  times(now);
  tables(now);
  last = now;
}

async function ask() {
  clearTimeout(timer);
  try {
    const answer = await fetch('?json', { cache: 'no-store' });
    if (!answer.ok) throw new Error(`the answer is ${answer.status}`);
    show(await answer.json());
    $('trouble').hidden = true;
  } catch (error) {
    $('light').className = 'lost';
    $('trouble').hidden = false;
    $('trouble').textContent = `No numbers: ${error.message}. Trying again.`;
  }
  if (!paused && !document.hidden) timer = setTimeout(ask, EVERY_MS);
}

$('pause').addEventListener('click', () => {
  paused = !paused;
  $('pause').textContent = paused ? 'Go on' : 'Pause';
  clearTimeout(timer);
  if (!paused) ask();
});
document.addEventListener('visibilitychange', () => document.hidden || paused || ask());
ask();
