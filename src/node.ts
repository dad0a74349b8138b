/** The parts of lobes that need Node: files on disk, and worker threads. */
export { type DataStoreOptions, dataStore } from './data/store.ts'
export { fileSource } from './formats/file-source.ts'
export { type ThreadOptions, threadExecutor } from './jobs/threads.ts'
export { fileStore } from './training/checkpoint-file.ts'
