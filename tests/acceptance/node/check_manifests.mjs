// Reads a JSON list of Kubernetes manifests and writes a JSON list with the validator's words for each, or null.

import { readFileSync } from 'node:fs';

const manifests = JSON.parse(readFileSync(0, 'utf8'));
const verdicts = [];
for (const { module, manifest } of manifests) {
  const model = (await import(module))[manifest.kind];
  try {
    new model(manifest).validate();
    verdicts.push(null);
  } catch (error) {
    verdicts.push(error.message);
  }
}
process.stdout.write(JSON.stringify(verdicts));
