/** The version of imp; a test holds it against deno.json. */
export const VERSION = "0.4.1";
