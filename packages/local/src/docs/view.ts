// The OpenAPI document as HTML: every operation under its tag, every shape under its name, linked to each other. Every value goes through
// `html`, which escapes it; only our own stylesheet is put in as it is.

import { readFileSync } from "node:fs";
import { html, raw } from "hono/html";

/** What is shown of a document; the parts that refer to others are looked up in it. */
export type ApiDocument = {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string; readonly description: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly responses: Readonly<Record<string, Response>>;
    readonly schemas: Readonly<Record<string, Schema>>;
  };
};

type Operation = {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Response | Ref>>;
};
type Parameter = {
  readonly in: string;
  readonly name: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
};
type Ref = { readonly $ref: string };
type Response = { readonly description: string; readonly content?: Content };
type Content = Readonly<Record<string, { readonly schema: Schema; readonly example?: unknown }>>;
type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
};
type Html = ReturnType<typeof html>;

const STYLE = raw(readFileSync(new URL("./docs.css", import.meta.url), "utf8"));

/** The whole page. `nonce` is what the content security policy allows it to style by. */
export function documentPage(document: ApiDocument, nonce: string): Html {
  const { info, servers, tags, components } = document;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${info.title} API</title>
        <style nonce="${nonce}">
          ${STYLE}
        </style>
      </head>
      <body>
        <header>
          <h1>${info.title} API <small>${info.version}</small></h1>
          <p>${info.description}</p>
          <p>
            ${servers.map(({ url, description }) => html`<code>${url}</code> ${description}<br />`)}
            <a href="/openapi.json">openapi.json</a>
          </p>
          <nav>${tags.map(({ name }) => html`<a href="#${name}">${name}</a> `)} <a href="#shapes">shapes</a></nav>
        </header>
        <main>
          ${tags.map(
            ({ name, description }) =>
              html`<section id="${name}">
                <h2>${name}</h2>
                <p>${description}</p>
                ${operations
                  .filter(({ operation }) => operation.tags.includes(name))
                  .map(({ path, method, operation }) => operationOf(document, method, path, operation))}
              </section>`,
          )}
          <section id="shapes">
            <h2>Shapes</h2>
            ${Object.entries(components.schemas).map(([name, schema]) => shapeOf(name, schema))}
          </section>
        </main>
      </body>
    </html>`;
}

function operationOf(document: ApiDocument, method: string, path: string, operation: Operation): Html {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  return html`<details id="${operationId}">
    <summary><b class="${method.toLowerCase()}">${method}</b> <code>${path}</code> <span>${summary}</span></summary>
    <p>${description}</p>
    ${tableOf(
      "Parameters",
      parameters.map((one) => [
        html`<code>${one.name}</code>${one.required ? " *" : ""}`,
        one.in,
        html`${typeOf(one.schema)} ${one.description ?? ""}`,
      ]),
    )}
    ${
      requestBody
        ? html`<h4>Request</h4>
            ${contentOf(requestBody.content)}`
        : ""
    }
    <h4>Responses</h4>
    ${Object.entries(responses).map(([status, response]) => {
      const { description: text, content = {} } = "$ref" in response ? resolved(document, response) : response;
      return html`<h5>${status} ${text}</h5>
        ${contentOf(content)}`;
    })}
  </details>`;
}

function resolved({ components }: ApiDocument, { $ref }: Ref): Response {
  return components.responses[nameOf($ref)] ?? { description: $ref };
}

function contentOf(content: Content): Html {
  const parts = Object.entries(content).map(
    ([media, { schema, example }]) =>
      html`<p>${typeOf(schema)} <small>${media}</small></p>
        ${example === undefined ? "" : html`<pre>${JSON.stringify(example, null, 2)}</pre>`}`,
  );
  return html`${parts}`;
}

function shapeOf(name: string, schema: Schema): Html {
  const rows = Object.entries(schema.properties ?? {}).map(([member, inner]) => [
    html`<code>${member}</code>${schema.required?.includes(member) ? " *" : ""}`,
    typeOf(inner),
    inner.description ?? "",
  ]);
  return html`<article id="shape-${name}">
    <h3>${name}</h3>
    <p>${schema.description ?? ""}</p>
    ${schema.properties ? "" : html`<p>${typeOf(schema)}</p>`} ${tableOf("Members", rows)}
  </article>`;
}

function tableOf(title: string, rows: readonly (readonly (string | Html)[])[]): Html | string {
  if (rows.length === 0) return "";
  return html`<h4>${title}</h4>
    <table>
      ${rows.map(
        (cells) =>
          html`<tr>
            ${cells.map((cell) => html`<td>${cell}</td>`)}
          </tr>`,
      )}
    </table>`;
}

/** A schema in a few words, with a link where it has a name. */
function typeOf(schema: Schema): Html {
  if (schema.$ref !== undefined) return html`<a href="#shape-${nameOf(schema.$ref)}">${nameOf(schema.$ref)}</a>`;
  if (schema.enum) return html`${schema.enum.map((word, index) => html`${index > 0 ? " | " : ""}<code>${JSON.stringify(word)}</code>`)}`;
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.anyOf) return html`${schema.anyOf.map((one, index) => html`${index > 0 ? " | " : ""}${typeOf(one)}`)}`;
  if (schema.items) return html`${typeOf(schema.items)}[]`;
  if (schema.properties) return html`{ ${Object.entries(schema.properties).map(([name, one]) => html`${name}: ${typeOf(one)}; `)} }`;
  return html`${String(schema.type ?? "anything")}${schema.format === undefined ? "" : ` (${schema.format})`}`;
}

function nameOf(ref: string): string {
  return ref.slice(ref.lastIndexOf("/") + 1);
}
