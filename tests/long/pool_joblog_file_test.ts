import { tryMoments } from "./joblog_moments.ts";

tryMoments("file");
