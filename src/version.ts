/** The version of imp; a test compares it with deno.json. */
export const VERSION = "0.4.1";
