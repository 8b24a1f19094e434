// Microsoft's own language service on Kusto texts. Reads {"tables": {scope: {table: {column: type}}}, "queries":
// [{"scope", "text"}]} and writes for each query what the service has to say, which types are held against each other,
// and the columns of the result.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
require('@kusto/language-service-next/bridge.min.js');
require('@kusto/language-service-next/Kusto.Language.Bridge.min.js'); // both set globals: Bridge, System, Kusto

const { GlobalState, KustoCode, Symbols, Syntax } = Kusto.Language;
const EQUALITIES = new Set(['==', '!=', '<>']);

function array(list) {
  return Array.from({ length: System.Array.getCount(list) }, (_, index) => System.Array.getItem(list, index));
}

function netList(type, items) {
  const list = new (System.Collections.Generic.List$1(type).ctor)();
  items.forEach((item) => list.add(item));
  return list;
}

function globalsWith(tables) {
  const symbols = Object.entries(tables).map(([name, columns]) => {
    const schema = Object.entries(columns).map(([column, type]) => `['${column}']: ${type}`);
    return new Symbols.TableSymbol.$ctor7(name, `(${schema.join(', ')})`, null);
  });
  const database = new Symbols.DatabaseSymbol.$ctor3('logs', null, netList(Symbols.Symbol, symbols), false);
  return GlobalState.Default.WithDatabase(database);
}

function typeOf(expression) {
  return expression.ResultType ? expression.ResultType.Name : 'unknown';
}

// The service accepts any two types on the sides of == and in a list.
function equalities(syntax) {
  const found = [];
  Syntax.SyntaxElement.WalkNodes(syntax, (node) => {
    if (Bridge.is(node, Syntax.BinaryExpression) && EQUALITIES.has(node.Operator.Text)) {
      found.push({ start: node.Operator.TextStart, left: typeOf(node.Left), right: [typeOf(node.Right)] });
    } else if (Bridge.is(node, Syntax.InExpression)) {
      const items = array(node.Right.Expressions).map(({ Element$1 }) => typeOf(Element$1));
      found.push({ start: node.Operator.TextStart, left: typeOf(node.Left), right: items });
    }
  });
  return found;
}

const { tables, queries } = JSON.parse(readFileSync(0, 'utf8'));
const globals = Object.fromEntries(Object.entries(tables).map(([scope, held]) => [scope, globalsWith(held)]));
const answers = queries.map(({ scope, text }) => {
  const code = KustoCode.ParseAndAnalyze(text, globals[scope]);
  const result = code.ResultType;
  return {
    diagnostics: array(code.GetDiagnostics()).map((one) => ({ code: one.Code, message: one.Message, start: one.Start })),
    equalities: equalities(code.Syntax),
    columns: result && result.Columns ? array(result.Columns).map(({ Name, Type }) => [Name, Type.Name]) : [],
  };
});
process.stdout.write(JSON.stringify(answers));
