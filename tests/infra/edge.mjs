// Plays CloudFront's JavaScript runtime: `node edge.mjs` runs the function on each event.
// A line in: {"code": …} first, then an event; a line out for each event: what the function gave.
// The function sees nothing of Node: no require, no console, no process.
import { createInterface } from "node:readline";
import vm from "node:vm";

const context = vm.createContext({});
for await (const line of createInterface({ input: process.stdin })) {
  const { code, ...event } = JSON.parse(line);
  if (code !== undefined) {
    vm.runInContext(code, context);
  } else {
    context.text = line;
    const given = vm.runInContext("JSON.stringify(handler(JSON.parse(text)))", context, { timeout: 1000 });
    console.log(given);
  }
}
