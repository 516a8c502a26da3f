/** Workflow commands of GitHub Actions: one line each, shown beside the files of a pull request. */

/** GitHub shows no more than ten annotations of a kind for a step. */
export const ANNOTATIONS_MAX = 10;

export function workflowCommand(kind: 'error' | 'notice', title: string, message: string): string {
  return `::${kind} title=${escapeProperty(title)}::${escapeData(message)}\n`;
}

/** As the runner's toolkit does (`@actions/core`, command.ts): what could end the message or begin another. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
