/**
 * lobes: find the lobes of a neural network, test that they are real, and see what each one is. Everything exported
 * here runs in Node and in browsers; what needs Node (files, threads) is in `lobes/node`.
 */
export type { DataStore, Dataset, Split } from './data/dataset.ts'
export { networkInputs } from './data/dataset.ts'
export { datasetToNpz, npzDataset } from './data/npz-dataset.ts'
export { FormatError, LobesError, ResourceError, UnsupportedError, UsageError } from './errors.ts'
export { type Executor, inlineExecutor, type MapOptions, type Task } from './executor.ts'
export type { OpenOptions } from './formats/format.ts'
export { memorySource } from './formats/memory-source.ts'
export { openNetwork } from './formats/open.ts'
export type { ByteSource } from './formats/source.ts'
export { urlSource } from './formats/url-source.ts'
export {
  type ActivationLayer,
  activationGraph,
  type CorrelationGraph,
  type CorrelationOptions,
} from './graph/correlation.ts'
export type { GraphFile } from './graph/files/graph-file.ts'
export { type OpenGraphOptions, openGraphFile } from './graph/files/open-graph.ts'
export { graphOutline } from './graph/outline.ts'
export { type PreparedGraph, type PrepareOptions, prepareGraph } from './graph/prepare.ts'
export { prepareActivationGraph } from './graph/prepare-activations.ts'
export { type PreparedGraphFile, prepareGraphFile } from './graph/prepare-graph-file.ts'
export {
  type DenseEdges,
  type EdgeBlock,
  layerOffsets,
  type SparseEdges,
  type UnitGraph,
  type UnitLayer,
  unitCount,
} from './graph/unit-graph.ts'
export { type GraphOptions, type GraphOutline, type GraphResult, unitGraph } from './graph/walk.ts'
export { activationsFromNpz, activationsToNpz } from './modules/activation-file.ts'
export { type ActivationOptions, collectActivations } from './modules/activations.ts'
export { type CcaGrid, ccaGrid, type LabelledActivations } from './modules/cca-grid.ts'
export type { CoherenceRecord } from './modules/coherence/coherence-record.ts'
export { type CoherenceStudy, type CoherenceStudyOptions, coherenceStudy } from './modules/coherence/coherence-study.ts'
export { fedInput } from './modules/coherence/input-image.ts'
export { pictureNetwork, type Visualisation, type VisualiseOptions, visualise } from './modules/coherence/visualise.ts'
export { compareModules, type LayeredPartition, type ModuleComparison } from './modules/compare-modules.ts'
export { comparePartitions, type LabelledGraph, type PartitionComparison } from './modules/compare-partitions.ts'
export { strataOf } from './modules/controls.ts'
export { type DoubleLesion, doubleLesions } from './modules/lesions/double-lesions.ts'
export { balancedSample, evaluationSet } from './modules/lesions/evaluation-set.ts'
export { type LesionStudy, type LesionStudyOptions, lesionStudy } from './modules/lesions/lesion-study.ts'
export { type Lesion, measureLesions } from './modules/lesions/measure.ts'
export type { EvaluationSet, Outcome } from './modules/lesions/outcome.ts'
export { type TaskOverlap, taskOverlap } from './modules/lesions/overlap.ts'
export { type ModuleMatch, matchModules } from './modules/match-modules.ts'
export { activationsFor, type Partitioning, type PartitioningOptions, partitioning } from './modules/partitioning.ts'
export { type SubModule, subModules } from './modules/sub-module.ts'
export { type UnitSite, unitSites } from './modules/unit-sites.ts'
export { type Architecture, type ArchitectureOptions, mlp, smallCnn, vgg16 } from './network/architectures.ts'
export { type BuildOptions, buildChain, type Layer } from './network/build.ts'
export { CURRENT_OPSET, type Network, type Operator, type WeightTensor } from './network/network.ts'
export { cluster, ncutOf } from './partition/cluster.ts'
export type { ClusterOptions, Partition } from './partition/partition.ts'
export type { Progress, WatchOptions } from './progress.ts'
export type { Analysis } from './report/analysis.ts'
export { type AnalyzeOptions, analyzeNetwork } from './report/analyze.ts'
export { analyzeFunction, type FunctionOptions } from './report/functional/analyze-function.ts'
export type { FunctionalAnalysis } from './report/functional/functional-analysis.ts'
export { renderReport } from './report/html.ts'
export { partitionHash, verdictHash } from './report/results.ts'
export { renderSculpting } from './report/sculpting/sculpting-report.ts'
export { chooseRuntime } from './runtime/choose.ts'
export { referenceRuntime } from './runtime/reference.ts'
export type { Runtime, RuntimeName, RuntimeUsed, Session, SessionOptions } from './runtime/runtime.ts'
export { tableAccuracy } from './sculpt/accuracy.ts'
export { type DetectedLayer, type DetectedModules, type DetectOptions, detectModules } from './sculpt/detect.ts'
export { carryingUnits, edgeWeightProducts, separationTest } from './sculpt/edge-weight-products.ts'
export { type Hierarchy, type HierarchyModule, moduleHierarchy } from './sculpt/hierarchy.ts'
export type { MaskedEdges, MaskedNetwork } from './sculpt/masked-network.ts'
export { type SculptedOwn, type SculptNetworkOptions, sculptNetwork } from './sculpt/own/sculpt-network.ts'
export type { SculptOptions } from './sculpt/pruning/options.ts'
export { type HierarchyScore, scoreHierarchy } from './sculpt/score.ts'
export {
  type ModuleFinding,
  type SculptedSeed,
  type SculptedTask,
  type SculptTaskOptions,
  sculptTask,
  type WiringFinding,
} from './sculpt/sculpt-task.ts'
export { estimateMemory, type GraphSizes, type MemoryEstimate, outlineSizes } from './significance/memory.ts'
export { type TestOptions, testModularity } from './significance/test.ts'
export type { NullComparison, NullModel, Verdict } from './significance/verdict.ts'
export { type Agreement, adjustedRandIndex, agreement } from './stats/agreement.ts'
export { BOOLEAN_TASKS, booleanTask } from './tasks/boolean.ts'
export { type FunctionGraph, parseFunctionGraph, truthTable } from './tasks/function-graph.ts'
export { loadTask, type TaskOptions, taskNames } from './tasks/load.ts'
export { type PlantedHierarchy, type PlantedModule, plantedHierarchy } from './tasks/planted-hierarchy.ts'
export { type RandomFunctionOptions, randomFunctionGraph } from './tasks/random-functions.ts'
export { parseTruthTable } from './tasks/table-file.ts'
export type { TruthTable } from './tasks/truth-table.ts'
export { type DType, type Tensor, tensor } from './tensor/tensor.ts'
export { type CheckpointStore, memoryStore } from './training/checkpoint.ts'
export {
  clusterabilityGradient,
  clusterabilityPenalty,
  type PenaltyGradient,
  type PenaltyOptions,
} from './training/clusterability-penalty.ts'
export { checkTrainingConfig, type TrainingConfig } from './training/config.ts'
export { configuredNetwork } from './training/configured-network.ts'
export { fanInNormaliser } from './training/fan-in-normaliser.ts'
export { type FitResult, fit } from './training/fit.ts'
export type { FitOptions } from './training/fit-options.ts'
export type { EpochRecord } from './training/history.ts'
export type { HookChanges, HookState, TrainingHook } from './training/hooks.ts'
export { magnitudeMasks, masksAsNpz, type PrunedNetwork, type PruningScope, pruneNetwork } from './training/masks.ts'
export { presetConfig } from './training/presets.ts'
export { magnitudePruning, type PruningOptions, polynomialDecay, zhuGupta } from './training/pruning.ts'
export { type TrainOptions, type TrainResult, trainConfigured } from './training/train.ts'
export { VERSION } from './version.ts'
