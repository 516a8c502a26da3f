import { createHash } from 'node:crypto';
import { DARK_VARIABLES, LIGHT_VARIABLES, SERIES_RULES } from './palette';

/** The look of the page: one column, light or dark as the reader's system is, no fonts and nothing from outside. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--paper:#fff;--panel:#f6f8fa;--rule:#d1d9e0;--alarm:#b3261e;
--live:#2f7fc1;--internal:#e3a33b;--external:#c9d1da;${LIGHT_VARIABLES}}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa6b2;--paper:#11151a;--panel:#1a2027;--rule:#3b4550;
--alarm:#ff8a80;--live:#3f8fd0;--internal:#c78a2c;--external:#4a5561;${DARK_VARIABLES}}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1140px;padding:1.5rem 1rem 4rem;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem}h2{font-size:1.25rem;margin-top:2.5rem;border-bottom:1px solid var(--rule);padding-bottom:.3rem}
h3{font-size:1.05rem;margin-top:2rem}
h1,h2,h3,td,th,li,figcaption,p{overflow-wrap:break-word}td,th{max-width:22rem}
.verdict{font-size:1.1rem;border-left:4px solid var(--s1);padding:.2rem 0 .2rem .9rem;margin:.6rem 0}
.scroll{overflow-x:auto;max-height:70vh;overflow-y:auto}
table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .45rem;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
thead th{position:sticky;top:0;background:var(--panel);font-weight:600}
.figure{text-align:right;white-space:nowrap}thead .figure{white-space:normal;vertical-align:bottom}
th button{all:unset;cursor:pointer}th button:focus-visible{outline:2px solid var(--s0)}
th[aria-sort=ascending] button::after{content:" ▲"}th[aria-sort=descending] button::after{content:" ▼"}
.stopped{display:block;color:var(--alarm);max-width:30rem}
.hash{color:var(--soft)}
figure{margin:1.2rem 0}figcaption{font-weight:600;margin-bottom:.2rem}
svg{display:block;width:100%;max-width:860px;height:auto;background:var(--panel);border-radius:6px}
svg text{font:11px system-ui,sans-serif;fill:var(--ink)}
.axes text{fill:var(--soft)}.grid{stroke:var(--rule);stroke-width:.6}.axis,.tick{stroke:var(--soft)}
.cell{fill:var(--s0)}.d0{opacity:.28}.d1{opacity:.42}.d2{opacity:.56}.d3{opacity:.7}.d4{opacity:.85}.d5{opacity:1}
.ring{fill:none;stroke:var(--alarm);stroke-width:1.6;pointer-events:all}.mark{font-weight:600}
${SERIES_RULES}
.line{fill:none;stroke:var(--c);stroke-width:1.8}.dashed .line{stroke-dasharray:5 3}.dot{fill:var(--c)}
.part{fill:var(--c);stroke:var(--panel);stroke-width:.8}.part.light,.light .part{opacity:.55}
.band.live{fill:var(--live)}.band.internal{fill:var(--internal)}.band.external{fill:var(--external)}
.outline{fill:none;stroke:var(--ink);stroke-width:1}.failure{stroke:var(--alarm);stroke-dasharray:4 3}
.pixels{image-rendering:pixelated}
details{margin:.4rem 0}summary{cursor:pointer;color:var(--soft)}
pre{font-size:.65rem;line-height:1.15}
@media print{details{display:none}.scroll{max-height:none}}
`;

/** Sorting by a click on a column's title; without scripts the tables stand as they are. */
export const SCRIPT = `
for (const table of document.querySelectorAll('table.sortable')) {
  const titles = [...table.tHead.rows[0].cells];
  titles.forEach((title, column) => {
    const button = document.createElement('button');
    button.append(...title.childNodes);
    title.append(button);
    button.addEventListener('click', () => {
      const descending = title.getAttribute('aria-sort') !== 'descending';
      titles.forEach((other) => other.removeAttribute('aria-sort'));
      title.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      const key = (row) => {
        const cell = row.cells[column];
        if (!title.classList.contains('figure')) return cell.textContent;
        return cell.dataset.value === undefined ? -Infinity : Number(cell.dataset.value);
      };
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
      if (descending) rows.reverse();
      table.tBodies[0].append(...rows);
    });
  });
}
`;

const scriptHash = createHash('sha256').update(SCRIPT).digest('base64');

/** Nothing may be loaded, and no script may run but ours: a name that smuggles one in finds it barred as well. */
export const CONTENT_POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  `script-src 'sha256-${scriptHash}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
