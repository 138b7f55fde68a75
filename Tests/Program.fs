module Functional.Tests.Program

open Expecto

let tests =
    testList
        "Functional"
        [ testList
              "Ops"
              [ MovementTests.tests
                ArrangingTests.tests
                IndexingTests.tests
                SortingTests.tests
                MatrixTests.tests
                SignalTests.tests
                ConvolutionTests.tests
                PoolingTests.tests
                NormalisationTests.tests
                FormatTests.tests
                ElementwiseTests.tests
                ReductionTests.tests
                ContractionTests.tests
                CreationTests.tests
                RandomTests.tests
                FormatLaws.tests
                DistributionTests.tests
                BadInputTests.tests ]
          testList
              "Kernels"
              [ Kernels.LoopTests.tests
                Kernels.ElementaryTests.tests
                Kernels.FoldTests.tests
                Kernels.ExecuteTests.tests
                Kernels.WorkersTests.tests
                Kernels.ContractingTests.tests
                Kernels.ContractionRunTests.tests
                Kernels.GapTests.tests ]
          testList "Tracing" [ Tracing.StructureTests.tests; Tracing.TracerTests.tests; Tracing.MemoTests.tests ]
          testList
              "Interpret"
              [ Interpret.EvaluateTests.tests
                Interpret.PrintTests.tests
                Interpret.VerifyTests.tests
                Interpret.FreezeAuditTests.tests ]
          testList "Transform" [ Transform.DerivativeTests.tests; CustomGradientTests.tests ]
          ControlTests.tests
          Ode.OdeTests.tests
          testList
              "Passes"
              [ Passes.RuleTests.tests
                Passes.PipelineTests.tests
                Passes.PlanTests.tests
                Passes.GoldenTests.tests ]
          testList
              "Accelerate"
              [ Accelerate.BranchTests.tests
                Accelerate.CacheTests.tests
                Accelerate.AllocationTests.tests
                Accelerate.GovernorTests.tests
                Accelerate.ExplainTests.tests
                Accelerate.CheckTests.tests
                Accelerate.RelaxedTests.tests
                Accelerate.InterpretedTests.tests
                Accelerate.StressTests.tests ]
          testList
              "Properties"
              [ Properties.ProgramTests.tests
                Properties.CatalogueTests.tests
                Properties.HostTests.tests
                Properties.CheckLayerTests.tests ]
          testList
              "Learn"
              [ Learn.BucketingTests.tests
                Learn.ActivationTests.tests
                Learn.RecurrenceTests.tests
                Learn.AttentionTests.tests
                Learn.LossTests.tests
                Learn.LossOptionTests.tests
                Learn.InitialiserTests.tests
                Learn.LayerTests.tests
                Learn.ActivationLayerTests.tests
                Learn.SpatialLayerTests.tests
                Learn.SequenceLayerTests.tests
                Learn.StateTests.tests
                Learn.OptimiserTests.tests
                Learn.LayerKindTests.tests
                Learn.NetworkTests.tests
                Learn.NetworkGraphTests.tests
                Learn.DataTests.tests
                Learn.FileTests.tests
                Learn.FitTests.tests
                Learn.SavingTests.tests
                Learn.NetworkFileTests.tests
                Learn.DigitsTests.tests ]
          Documentation.OpsPageTests.tests ]

[<EntryPoint>]
let main arguments =
    match List.ofArray (Seed.without arguments) with
    | [ "fuzz"; "--seconds"; seconds ] -> Fuzz.run [] (float seconds) Seed.seed
    | [ "fuzz"; "--seconds"; seconds; "--with"; names ] -> Fuzz.run (Fuzz.features names) (float seconds) Seed.seed
    | [ "stress"; "--seconds"; seconds ] -> Accelerate.StressTests.run (float seconds)
    | [ "docs" ] ->
        Documentation.OpsPage.write ()
        0
    | "elementary" :: names ->
        Kernels.ElementaryTests.exhaustive names
        0
    | rest ->
        printfn $"seed {Seed.seed}; give it again with --seed"
        runTestsWithCLIArgs [] (Array.ofList rest) tests
