#!/usr/bin/env node
import { requireCompiled } from './compiled-code';

/** The program's entry; what it does is in `program.ts`. */
const { main } = requireCompiled('./program') as typeof import('./program');

void main();
