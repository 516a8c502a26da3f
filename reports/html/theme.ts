import { createHash } from 'node:crypto';
import { HEAP_WALK_SCRIPT } from './heap-walk-script';
import { DARK_VARIABLES, LIGHT_VARIABLES, SERIES_RULES } from './palette';

/** The look of the page: one column, light or dark as the reader's system is, no fonts and nothing from outside. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--paper:#fff;--panel:#f6f8fa;--rule:#d1d9e0;--alarm:#b3261e;
--link:#0b57a8;--good:#1a6b34;--warn:#7a4d00;--live:#2f7fc1;--internal:#e3a33b;--external:#c9d1da;--bar:#bcd6ee;--most:#f3c2bd;${LIGHT_VARIABLES}}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa6b2;--paper:#11151a;--panel:#1a2027;--rule:#3b4550;
--alarm:#ff8a80;--link:#7cb8ff;--good:#7ee2a0;--warn:#e3b341;--live:#3f8fd0;--internal:#c78a2c;--external:#4a5561;--bar:#24486a;--most:#6b2f2b;
${DARK_VARIABLES}}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1180px;padding:1rem 1rem 4rem;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.4rem}h2{font-size:1.25rem;margin-top:2.2rem;border-bottom:1px solid var(--rule);padding-bottom:.3rem}
h3{font-size:1.05rem;margin-top:1.6rem}
h1,h2,h3,td,th,li,figcaption,p,dd,summary{overflow-wrap:anywhere}td,th{max-width:22rem}
a{color:var(--link)}
.headline{font-size:1.35rem;line-height:1.35;border-left:5px solid var(--alarm);padding:.2rem 0 .2rem .9rem;margin:1rem 0}
.verdict{font-size:1.1rem;border-left:4px solid var(--s1);padding:.2rem 0 .2rem .9rem;margin:.6rem 0}
.failures{border:2px solid var(--alarm);border-radius:6px;padding:.2rem .9rem}
.claims{list-style:none;padding:0}.claims li{margin:.7rem 0}
.badge{display:inline-block;padding:0 .5rem;border-radius:1rem;border:1px solid currentColor;color:var(--soft)}
.badge.confirmed{color:var(--good)}.badge.confirmed::before{content:'✓ '}
.badge.confirmed-with-a-correction{color:var(--warn);border-style:dashed}.badge.confirmed-with-a-correction::before{content:'≈ '}
.badge.refuted{color:var(--alarm)}.badge.refuted::before{content:'✗ '}.badge.out-of-scope::before{content:'– '}
.scroll{overflow:auto;max-height:75vh;margin:.5rem 0;border:1px solid var(--rule);border-radius:4px;
background:linear-gradient(to right,var(--paper) 30%,transparent) left/40px 100% no-repeat local,
linear-gradient(to left,var(--paper) 30%,transparent) right/40px 100% no-repeat local,
linear-gradient(to right,rgb(0 0 0/.28),transparent) left/12px 100% no-repeat scroll,
linear-gradient(to left,rgb(0 0 0/.28),transparent) right/12px 100% no-repeat scroll}
:focus-visible{outline:2px solid var(--link);outline-offset:1px}
table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);padding:.2rem .45rem}
th,td{padding:.25rem .45rem;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
.name{overflow-wrap:break-word;min-width:9.5rem}.whole{white-space:nowrap}
thead th{position:sticky;top:0;background:var(--panel);font-weight:600;vertical-align:bottom;overflow-wrap:normal}
.figure{text-align:right;white-space:nowrap}thead .figure{white-space:normal}
th button{all:unset;cursor:pointer;padding:.2rem .3rem;min-width:24px;min-height:24px;text-align:center;color:var(--soft)}
th button:focus-visible{outline:2px solid var(--link)}
.bars td{min-width:7rem;white-space:nowrap}.bars tbody th{font-weight:400}.bars th[scope=rowgroup]{font-weight:600;padding-top:.8rem}
.length{display:block;height:.5rem;background:var(--bar);border-radius:2px;margin-top:.2rem}.most .length{background:var(--most)}
.stopped{display:block;color:var(--alarm);max-width:30rem}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,350px),1fr));gap:1rem 1.2rem;align-items:start}
figure{margin:.6rem 0;min-width:0;max-width:420px}figcaption{font-weight:600;margin-bottom:.2rem}
figure.walk{grid-column:1/-1;max-width:none}
svg{display:block;width:100%;height:auto;background:var(--panel);border-radius:6px}
svg text{font:12.4px system-ui,sans-serif;fill:var(--ink)}
.axes text{fill:var(--soft)}.grid{stroke:var(--rule);stroke-width:.6}.axis,.tick{stroke:var(--soft)}
.ring,.peak{fill:none;stroke:var(--alarm);stroke-width:1.5;pointer-events:all}.peak{stroke:var(--c)}.cross{stroke:var(--alarm);stroke-width:2;fill:none}
.leader{stroke:var(--alarm);stroke-width:.6}.rank{fill:var(--alarm)}svg .rank{font-size:12px}
.worst:focus{outline:none}.worst:focus .ring{stroke-width:4}.mark{font-weight:600}
.cursor{stroke:var(--ink);stroke-width:1;stroke-dasharray:2 2;visibility:hidden}
${SERIES_RULES}
.legend{list-style:none;padding:0;margin:.2rem 0;display:flex;flex-wrap:wrap;gap:.1rem .9rem;font-size:.8rem}
.legend.wide li{flex-basis:100%}
.swatch{display:inline-block;width:.8rem;height:.7rem;margin-right:.35rem;background:var(--c)}.light .swatch{opacity:.55}
.stroke{display:inline-block;width:1.8rem;border-top:2px solid var(--c);margin:0 .35rem .25rem 0}
.p1 .stroke{border-top-style:dashed}.p2 .stroke{border-top-style:dotted}.p3 .stroke{border-top-style:double;border-top-width:4px}
.shades i{display:inline-block;width:.8rem;height:.7rem}.shades{margin-right:.35rem}
.ring-sign{display:inline-block;width:.6rem;height:.6rem;border:1.5px solid var(--alarm);border-radius:50%;margin-right:.35rem}
.line{fill:none;stroke:var(--c);stroke-width:1.8}.dashed .line{stroke-dasharray:5 3}.dot{fill:var(--c)}
.p1 .line{stroke-dasharray:7 3}.p2 .line{stroke-dasharray:2 3}.p3 .line{stroke-dasharray:9 3 2 3}
svg .end{font-weight:700;fill:var(--c)}
.part{fill:var(--c);stroke:var(--panel);stroke-width:.8}.part.light,.light .part{opacity:.55}
.band.live{fill:var(--live);--c:var(--live)}.band.internal{fill:var(--internal);--c:var(--internal)}.band.external{fill:var(--external);--c:var(--external)}
.dumbbell{position:relative;display:inline-block;width:106px;height:14px;color:var(--soft)}.dumbbell.regression{color:var(--alarm)}.dumbbell.improvement{color:var(--good)}
.dumbbell i{position:absolute;top:6px;height:2px;margin-left:5px;background:currentColor}
.dumbbell b{position:absolute;top:2px;width:10px;height:10px;border-radius:50%;background:currentColor}.dumbbell .base{background:var(--paper);border:2px solid currentColor}
.badge.regression{color:var(--alarm)}.badge.improvement{color:var(--good)}.dot.worse{fill:var(--alarm)}
.causes{display:flex;height:1.2rem;max-width:60rem}.causes i{background:var(--c)}.causes .light{opacity:.55}.filter{display:block;margin:.4rem 0}.filter input{min-height:24px;margin-left:.4rem}
.failure{stroke:var(--alarm);stroke-dasharray:4 3}
.pixels{image-rendering:pixelated}
.stills{display:flex;flex-wrap:wrap;gap:1rem}.stills p{margin:.2rem 0;font-size:.8rem}.stills img{display:block;max-width:100%}
.walk label{display:flex;gap:.6rem;align-items:center}.walk input{flex:1;min-height:24px}.walk output{font-size:.85rem}
.walk canvas{display:block;max-width:100%;margin:.4rem 0;cursor:pointer}.zoom h4{margin:.5rem 0 .2rem}
.strip{position:relative;height:2rem;background:var(--panel);max-width:60rem;margin:.3rem 0}
.strip i{position:absolute;top:0;bottom:0;border-right:1px solid var(--paper)}
.strip .allocated{background:var(--live)}.strip .free{background:var(--external)}.strip .metadata{background:var(--internal)}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--soft);min-height:24px}
.engine{border:1px solid var(--rule);border-radius:6px;padding:.3rem .8rem}.engine>summary{color:var(--ink);font-weight:600}
pre{font-size:.75rem;line-height:1.3;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;margin:.3rem 0}
dl{columns:20rem auto;column-gap:2rem}dl div{break-inside:avoid;margin-bottom:.5rem;scroll-margin-top:3rem}dt{font-weight:600}dd{margin:0}
dl div:target{background:var(--panel)}
@media (max-width:480px){.engine{padding:.3rem .1rem;border-width:1px 0}body{padding:.6rem .6rem 3rem}.headline{font-size:1.15rem}}
@media print{body{max-width:none;font-size:10pt}.scroll{max-height:none;overflow:visible;border:0;background:none}thead th{position:static}
figure,tr,dl div{break-inside:avoid}figcaption,h2,h3{break-after:avoid}table{font-size:7.5pt}th,td{padding:.1rem .2rem}
details{display:block}details::details-content{content-visibility:visible;display:block;height:auto}
.pictures{display:block}figure{display:inline-block;width:48%;vertical-align:top}svg,.badge,.length,.swatch{print-color-adjust:exact}}
`;

/** Sorting by a click on a column's title; without scripts the tables stand as they are. */
const SORT_SCRIPT = `
for (const table of document.querySelectorAll('table.sortable')) {
  const titles = [...table.tHead.rows[0].cells];
  const shows = [];
  titles.forEach((title, column) => {
    const button = document.createElement('button');
    const show = () => {
      const sorted = title.getAttribute('aria-sort');
      button.textContent = sorted === 'ascending' ? '▲' : sorted === 'descending' ? '▼' : '↕';
    };
    button.setAttribute('aria-label', 'Sort by ' + title.textContent);
    shows.push(show);
    show();
    title.append(' ', button);
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
      shows.forEach((each) => each());
    });
  });
}
`;

/** A field above a table that hides the rows without its words; without scripts all rows stand. */
const FILTER_SCRIPT = `
for (const table of document.querySelectorAll('.filtered')) {
  const label = document.createElement('label');
  label.className = 'filter';
  const field = document.createElement('input');
  field.type = 'search';
  const isTable = table.matches('table');
  label.append(isTable ? 'Only rows with' : 'Only claims with', field);
  const place = isTable ? table.closest('.scroll') : table;
  place.before(label);
  field.addEventListener('input', () => {
    const words = field.value.toLowerCase().split(' ');
    const rows = isTable ? table.tBodies[0].rows : table.querySelectorAll('article');
    for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
  });
}
`;

export const SCRIPT = SORT_SCRIPT + FILTER_SCRIPT + HEAP_WALK_SCRIPT;

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
