/**
 * What a page runs to walk through a heap: it takes the changes out of the figure, shows the pages at the moment that
 * the slider stands at, the blocks of the chosen page below, and moves the cursor of the pictures beside it. The blocks
 * that are shown are `figure.blocks`, for tests and for the curious.
 */
export const HEAP_WALK_SCRIPT = `
const make = (name, text, parent) => {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (parent) parent.append(element);
  return element;
};
const grouped = (value) => String(value).replace(/\\B(?=(\\d{3})+(?!\\d))/g, ',');

async function startWalk(figure) {
  const { moments, changes, base, page, states, first } = figure.dataset;
  const operations = moments.split(' ').map(Number);
  const names = states.split(' ');
  const pageBytes = Number(page);
  const packed = Uint8Array.from(atob(changes), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let at = 0;
  const take = () => {
    let value = 0;
    for (let weight = 1; ; weight *= 128) {
      const byte = bytes[at++];
      value += (byte % 128) * weight;
      if (byte < 128) return value;
    }
  };
  const steps = operations.map((operation) => {
    let offset = -base;
    const gone = Array.from({ length: take() }, () => (offset += take()));
    offset = -base;
    const come = Array.from({ length: take() }, () => {
      offset += take();
      const sized = take();
      return { offset, bytes: Math.floor(sized / 4), state: names[sized % 4], madeBy: operation - take() };
    });
    return { gone, come };
  });

  const holder = figure.closest('details');
  figure.querySelector('.stills').hidden = true;
  const label = make('label', 'Moment: ', figure);
  const slider = make('input', undefined, label);
  Object.assign(slider, { type: 'range', min: 0, max: steps.length - 1, value: first });
  const output = make('output', '', figure);
  const canvas = make('canvas', undefined, figure);
  canvas.tabIndex = 0;
  canvas.setAttribute('role', 'img');
  const zoom = make('div', undefined, figure);
  zoom.className = 'zoom';

  let blocks = new Map();
  let moment = -1;
  let pages = [];
  let chosen = 0;
  let columns = 1;
  let cell = 1;

  const show = (wanted) => {
    if (wanted < moment) {
      blocks = new Map();
      moment = -1;
    }
    while (moment < wanted) {
      const { gone, come } = steps[++moment];
      gone.forEach((offset) => blocks.delete(offset));
      come.forEach((block) => blocks.set(block.offset, block));
    }
    figure.blocks = [...blocks.values()].sort((a, b) => a.offset - b.offset);
    const found = new Map();
    for (const block of figure.blocks) {
      for (let from = block.offset; from < block.offset + block.bytes; ) {
        const number = Math.floor(from / pageBytes);
        const end = Math.min((number + 1) * pageBytes, block.offset + block.bytes);
        const entry = found.get(number) || { number, used: 0, held: 0, blocks: [] };
        entry.held += end - from;
        if (block.state !== 'free') entry.used += end - from;
        entry.blocks.push(block);
        found.set(number, entry);
        from = end;
      }
    }
    const before = pages[chosen] && pages[chosen].number;
    pages = [...found.values()].sort((a, b) => a.number - b.number);
    chosen = Math.max(0, pages.findIndex(({ number }) => number >= before));
    const operation = operations[moment];
    output.textContent =
      'after event ' + grouped(operation) + ' (' + grouped(moment + 1) + ' of ' + grouped(steps.length) +
      ' moments): ' + grouped(figure.blocks.length) + ' blocks on ' + grouped(pages.length) + ' pages';
    slider.setAttribute('aria-valuetext', output.textContent);
    draw();
    for (const picture of holder.querySelectorAll('svg[data-x]')) {
      const [left, right, events] = picture.dataset.x.split(' ').map(Number);
      const cursor = picture.querySelector('.cursor');
      const x = left + ((right - left) * operation) / Math.max(events, 1);
      cursor.setAttribute('x1', x);
      cursor.setAttribute('x2', x);
      cursor.style.visibility = 'visible';
    }
  };

  const draw = () => {
    const room = Math.max(figure.clientWidth, 200);
    columns = Math.max(1, Math.min(pages.length, Math.ceil(Math.sqrt(pages.length * 3)), Math.floor(room / 5)));
    cell = Math.min(16, Math.floor(room / columns));
    canvas.width = columns * cell;
    canvas.height = Math.max(1, Math.ceil(pages.length / columns)) * cell;
    canvas.setAttribute('aria-label', 'The held pages; arrow keys choose one of ' + pages.length);
    const pen = canvas.getContext('2d');
    pages.forEach(({ used, held }, index) => {
      const tenth = Math.floor((9 * used) / held);
      pen.fillStyle = tenth === 0 ? 'rgb(224 134 47 / 59%)' : 'rgb(31 119 196 / ' + (29 + 8 * tenth) + '%)';
      pen.fillRect((index % columns) * cell, Math.floor(index / columns) * cell, cell - 1, cell - 1);
    });
    if (pages.length === 0) return zoom.replaceChildren('Nothing is held.');
    pen.strokeStyle = getComputedStyle(figure).color;
    pen.lineWidth = 2;
    pen.strokeRect((chosen % columns) * cell, Math.floor(chosen / columns) * cell, cell - 1, cell - 1);
    showPage(pages[chosen]);
  };

  const hex = (offset) => (offset < 0 ? '-0x' + (-offset).toString(16) : '0x' + offset.toString(16));
  const showPage = ({ number, blocks: inside }) => {
    zoom.replaceChildren();
    const start = number * pageBytes;
    make('h4', 'Page at ' + hex(start) + ': ' + grouped(inside.length) + (inside.length === 1 ? ' block' : ' blocks'), zoom);
    const strip = make('div', undefined, zoom);
    strip.className = 'strip';
    strip.setAttribute('aria-hidden', 'true');
    const table = make('table');
    const head = make('tr', undefined, make('thead', undefined, table));
    for (const title of ['heap offset', 'size, bytes', 'state', 'made by']) make('th', title, head).scope = 'col';
    const body = make('tbody', undefined, table);
    for (const block of inside.slice(0, 256)) {
      const piece = make('i', undefined, strip);
      piece.className = block.state;
      const from = Math.max(block.offset, start);
      const end = Math.min(block.offset + block.bytes, start + pageBytes);
      piece.style.left = ((from - start) * 100) / pageBytes + '%';
      piece.style.width = ((end - from) * 100) / pageBytes + '%';
      const made = block.state === 'allocated' ? 'event ' + grouped(block.madeBy) : 'first seen after event ' + grouped(block.madeBy);
      piece.title = hex(block.offset) + ', ' + grouped(block.bytes) + ' bytes, ' + block.state + ', ' + made;
      const row = make('tr', undefined, body);
      make('td', hex(block.offset), row);
      make('td', grouped(block.bytes), row).className = 'figure';
      make('td', block.state, row);
      make('td', made, row);
    }
    zoom.append(table);
  };

  const choose = (index) => {
    chosen = Math.max(0, Math.min(pages.length - 1, index));
    draw();
  };
  slider.addEventListener('input', () => show(Number(slider.value)));
  canvas.addEventListener('click', (event) => {
    const scale = canvas.width / canvas.clientWidth;
    choose(Math.floor((event.offsetY * scale) / cell) * columns + Math.floor((event.offsetX * scale) / cell));
  });
  canvas.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    choose(chosen + step);
  });
  for (const picture of holder.querySelectorAll('svg[data-x]')) {
    picture.addEventListener('click', (event) => {
      const [left, right, events] = picture.dataset.x.split(' ').map(Number);
      const box = picture.getBoundingClientRect();
      const x = ((event.clientX - box.left) * picture.viewBox.baseVal.width) / box.width;
      const wanted = ((x - left) * events) / (right - left);
      const next = operations.findIndex((operation) => operation >= wanted);
      slider.value = next < 0 ? steps.length - 1 : next;
      show(Number(slider.value));
    });
  }
  show(Number(first));
}

for (const figure of document.querySelectorAll('figure.walk[data-changes]')) {
  figure.closest('details').addEventListener('toggle', () => startWalk(figure), { once: true });
}
`;
