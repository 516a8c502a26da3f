import type { Comparison } from '../../harness/compare/comparison';
import { comparisonCsv } from './csv';
import { comparisonJson } from './json';
import { junitOfComparison } from './junit';
import { comparisonMarkdown } from './markdown';
import { comparisonMail } from './mail';
import { comparisonHtml } from './page';
import { comparisonText, type RenderOptions } from './text';

export interface ComparisonFormat {
  readonly name: string;
  readonly render: (comparison: Comparison, options: RenderOptions) => string;
}

/** What `compare --format` offers; the first is the default. */
export const COMPARISON_FORMATS: readonly ComparisonFormat[] = [
  { name: 'text', render: comparisonText },
  { name: 'json', render: comparisonJson },
  { name: 'csv', render: comparisonCsv },
  { name: 'markdown', render: comparisonMarkdown },
  { name: 'junit', render: junitOfComparison },
  { name: 'mail', render: comparisonMail },
  { name: 'html', render: comparisonHtml },
];
