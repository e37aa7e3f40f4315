// Monaco asks for its language workers by label. They are files of our own beside this bundle, whose hashed
// names bundle.js fills in, so that `worker-src 'self'` is enough and nothing comes from a CDN.
/* global WORKER_FILES */
globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const file = WORKER_FILES[label] ?? WORKER_FILES.editor;
    return new Worker(new URL(file, import.meta.url), { name: label });
  },
};
