// The examples of docs/queues.md, and its manifests.
import { installed } from "./harness.ts";
import { readPage, testPage } from "./page_examples.ts";

testPage(readPage("queues.md"), (box) => {
  if (!installed("nats-server")) box.skip("nats-server is not installed");
});
