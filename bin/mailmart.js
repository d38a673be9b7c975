#!/usr/bin/env node
// The command: from the sources in a checkout (Node strips the types), from dist/ in an installed package.
// Plain old JavaScript on purpose, so that an old Node can still say what is wrong.
'use strict';

var major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  var why = 'mailmart needs Node.js 24 or newer; this is ' + process.versions.node + '.';
  var fix = 'Install Node.js 24 (https://nodejs.org), or run it once with: npx -y node@24 ' + process.argv[1];
  if (process.argv.indexOf('--json') > 0) {
    console.log(
      JSON.stringify({ version: 1, error: { code: 'NODE_VERSION', what: why, where: null, why: null, fix: fix } }),
    );
  }
  console.error('Error NODE_VERSION: ' + why + '\n  Fix: ' + fix);
  process.exit(1);
}

Promise.all([import('node:fs'), import('node:module'), import('node:os'), import('node:path')]).then(function (loaded) {
  var fs = loaded[0];
  var path = loaded[3];
  // What was compiled once is not compiled again by the next command: it is half of the time that a start takes.
  var cache = process.env.MAILMART_CACHE || path.join(loaded[2].homedir(), '.cache', 'mailmart');
  // Threads and child processes look for the variable.
  process.env.NODE_COMPILE_CACHE = process.env.NODE_COMPILE_CACHE || path.join(cache, 'compiled');
  loaded[1].enableCompileCache(process.env.NODE_COMPILE_CACHE);
  var source = new URL('../src/cli/main.ts', import.meta.url);
  return import(fs.existsSync(source) ? source.href : new URL('../dist/src/cli/main.js', import.meta.url).href);
});
