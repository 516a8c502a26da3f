/*
 * What a schema says of a field is found twice, at one place, where a type is inferred from the schema: valibot puts
 * types of objects together from two halves. typedoc takes one of the two and warns of the choice, which is none.
 */
const TOLD_TWICE = 'has multiple declarations with a comment';

/** @param {import('typedoc').Application} app */
export function load({ logger }) {
  const log = logger.log.bind(logger);
  logger.log = (message, level) => {
    if (!message.includes(TOLD_TWICE)) {
      log(message, level);
    }
  };
}
