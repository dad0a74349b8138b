/** The parts of lobes that need Node: network files on disk, and worker threads. */
export { fileSource } from './formats/file-source.ts'
export { type ThreadOptions, threadExecutor } from './jobs/threads.ts'
