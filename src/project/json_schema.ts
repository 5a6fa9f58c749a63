// Pure: the JSON schema of imp.toml, for editors, from the same keys that imp itself checks a file by.
import { type DaemonKey, defaultKeys } from "./daemon_keys.ts";

type Json = Record<string, unknown>;

const TEXT = { type: "string" }, SCALAR = { type: ["string", "number"] };
const TEXTS = { anyOf: [TEXT, { type: "array", items: TEXT }] };

/** JSON Schema, draft 7: what editors for TOML read. */
export function projectSchema(keys: readonly DaemonKey[]): Json {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "imp.toml",
    description: "The daemons that imp up starts.",
    type: "object",
    additionalProperties: false,
    properties: {
      include: {
        ...TEXTS,
        description: "further files, and patterns as conf.d/*.toml, relative to this one",
      },
      "env-file": { ...TEXTS, description: "variables for ${NAME} in this file: lines K=V" },
      defaults: {
        ...tableOf(defaultKeys(keys)),
        description: "what every daemon of this file has, unless it says otherwise",
      },
      daemons: {
        type: "object",
        description: "the daemons, by their names",
        additionalProperties: { ...tableOf(keys), required: ["command"] },
      },
    },
  };
}

function tableOf(keys: readonly DaemonKey[]): Json {
  return {
    type: "object",
    properties: Object.fromEntries(keys.flatMap((key) => {
      const property = { ...valueOf(key), description: key.summary };
      const other = key.name.replaceAll("-", "_");
      return other === key.name
        ? [[key.name, property]]
        : [[key.name, property], [other, property]];
    })),
    patternProperties: { "^cwd$": { ...TEXT, description: "as chdir" } },
    additionalProperties: false,
  };
}

function valueOf({ kind, choices }: DaemonKey): Json {
  switch (kind) {
    case "flag":
      return { type: "boolean" };
    case "text":
      // A variable may stand in place of a word: imp itself checks that.
      return choices
        ? { anyOf: [{ enum: choices }, { type: "string", pattern: "\\$\\{" }] }
        : SCALAR;
    case "texts":
      return { anyOf: [SCALAR, { type: "array", items: SCALAR }] };
    case "pairs":
      return {
        anyOf: [
          { type: "object", additionalProperties: { type: ["string", "number", "boolean"] } },
          { type: "array", items: TEXT },
        ],
      };
    case "words":
    case "names":
      return TEXTS;
  }
}
