// The one command of this repository: dotnet fsi build.fsx <target>. It needs nothing but the .NET SDK.
open System
open System.Diagnostics
open System.IO
open System.Runtime.InteropServices
open System.Xml.Linq

Environment.CurrentDirectory <- __SOURCE_DIRECTORY__

// Processes -----------------------------------------------------------------------------------------------------------

let words (line: string) = List.ofArray (line.Split ' ')

/// Runs a program on this terminal, in a directory; its exit code.
let startIn directory program (arguments: string list) =
    let commandLine = String.concat " " (program :: arguments)
    printfn $"> {commandLine}"
    use child = Process.Start(ProcessStartInfo(program, arguments, WorkingDirectory = directory))
    child.WaitForExit()
    child.ExitCode

let start program arguments = startIn Environment.CurrentDirectory program arguments

/// Where a program has failed, so does this script.
let succeed exitCode = if exitCode <> 0 then exit exitCode

/// Runs a program on this terminal; where it fails, so does this script, with its exit code.
let run program arguments = succeed (start program arguments)

let dotnet command = run "dotnet" (words command)

/// Runs `dotnet` unseen; what it printed. Where it fails, so does this script, with that and its exit code.
let outputOf command =
    use child = Process.Start(ProcessStartInfo("dotnet", words command, RedirectStandardOutput = true))
    let output = child.StandardOutput.ReadToEnd()
    child.WaitForExit()
    if child.ExitCode <> 0 then
        printfn $"{output}"
        exit child.ExitCode

    output

// Packages ------------------------------------------------------------------------------------------------------------

/// Paket's files name their source %NUGET_SOURCE%: the machine's first enabled source, unless it is already set.
let source =
    lazy
        match Environment.GetEnvironmentVariable "NUGET_SOURCE" with
        | null ->
            (outputOf "nuget list source --format short").Split '\n'
            |> Array.find _.StartsWith('E')
            |> fun line -> line.Substring(line.IndexOf ' ').Trim()
        | address -> address

let restoreTools () =
    Environment.SetEnvironmentVariable("NUGET_SOURCE", source.Value)
    outputOf "tool restore" |> ignore

/// Paket restores all that a paket.dependencies names. What only comparisons with peers need, benchmarks and tests, is named
/// by one of their own.
let benchmarks = "Benchmarks"

/// Resolves both paket.dependencies anew. Paket writes the source into a lock; the variable goes back in its place.
let lock () =
    restoreTools ()
    dotnet "paket install"
    // Without `--no-install` Paket would look for the packages of the libraries that the benchmarks refer to.
    succeed (startIn benchmarks "dotnet" [ "paket"; "update"; "--no-install" ])
    for file in [ "paket.lock"; Path.Combine(benchmarks, "paket.lock") ] do
        File.WriteAllText(file, File.ReadAllText(file).Replace(source.Value, "%NUGET_SOURCE%"))

/// Paket skips its checks where it finds its cache up to date.
let checkLock () =
    restoreTools ()
    let cache = "paket-files/paket.restore.cached"
    if File.Exists cache then File.Delete cache
    dotnet "paket restore --fail-on-checks"

// Building ------------------------------------------------------------------------------------------------------------

let build project =
    restoreTools ()
    dotnet $"build {project} --configuration Release --nologo --verbosity quiet"

/// Builds a project that needs libtorch, which it is restored for; the target is named where it cannot be.
let buildWithPeers target project =
    if not (OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture = Architecture.X64) then
        printfn $"{target} needs Linux on x64: libtorch is restored for that alone"
        exit 2

    let paket = Directory.CreateDirectory(Path.Combine(benchmarks, ".paket")).FullName
    File.Copy(".paket/Paket.Restore.targets", Path.Combine(paket, "Paket.Restore.targets"), overwrite = true)
    build project

/// The executable that building a project of this name in Release makes.
let executable name =
    Path.Combine("artifacts", "bin", name, "release", (if OperatingSystem.IsWindows() then name + ".exe" else name))

let format () =
    restoreTools ()
    dotnet "fantomas ."
    dotnet "format whitespace --folder --exclude artifacts"

let checkFormat () =
    restoreTools ()
    dotnet "fantomas . --check"
    dotnet "format whitespace --folder --exclude artifacts --verify-no-changes"

let pack () =
    restoreTools ()
    dotnet "pack Functional.sln --configuration Release --nologo --verbosity quiet --output artifacts/package"

// Tests ---------------------------------------------------------------------------------------------------------------

let results = "artifacts/test-results"

/// A test executable of Expecto's, with the arguments that make it report to `results/<name>.xml`, as JUnit.
let expecto name = name, $"--junit-summary {results}/{name}.xml --colours 0 --no-spinner"

/// The test executables, each with such arguments.
let suites =
    [ expecto "Functional.Tests"
      "Functional.CSharp.Tests",
      $"--results-directory {results} --report-xunit-junit --report-xunit-junit-filename Functional.CSharp.Tests.xml"
      + " --no-ansi --progress off" ]

/// Runs a suite; how many tests passed, failed and were skipped. A suite that reports no test, or that ends badly
/// without naming a failure, has failed once.
let runSuite (name, arguments) =
    let report = Path.Combine(results, name + ".xml")
    File.Delete report
    let exitCode = start (executable name) (words arguments)

    let cases = if File.Exists report then List.ofSeq (XDocument.Load(report).Descendants "testcase") else []

    let count outcomes =
        let has (case: XElement) (outcome: string) = not (isNull (case.Element outcome))
        cases |> List.filter (fun case -> List.exists (has case) outcomes) |> List.length

    let failed, skipped = count [ "failure"; "error" ], count [ "skipped" ]
    let brokeDown = failed = 0 && (exitCode <> 0 || cases.IsEmpty)
    cases.Length - failed - skipped, (if brokeDown then 1 else failed), skipped

let runSuites suites =
    Directory.CreateDirectory results |> ignore
    let passed, failed, skipped = suites |> List.map runSuite |> List.unzip3
    printfn $"{List.sum passed} passed, {List.sum failed} failed, {List.sum skipped} skipped"
    if List.sum failed > 0 then exit 1

let test () =
    checkFormat ()
    build "Functional.sln"
    run (executable "Functional.Tests") [ "fuzz"; "--seconds"; "60" ]
    runSuites suites

let testPeers arguments =
    buildWithPeers "test --peers" (Path.Combine(benchmarks, "PeerTests", "Functional.Peers.Tests.fsproj"))
    let name, usual = expecto "Functional.Peers.Tests"
    runSuites [ (name, String.concat " " (usual :: arguments)) ]

let fuzz arguments =
    build "Tests/Functional.Tests.fsproj"
    run (executable "Functional.Tests") ("fuzz" :: arguments)

let stress arguments =
    build "Tests/Functional.Tests.fsproj"
    run (executable "Functional.Tests") ("stress" :: arguments)

let docs () =
    build "Tests/Functional.Tests.fsproj"
    run (executable "Functional.Tests") [ "docs" ]

// Samples -------------------------------------------------------------------------------------------------------------

/// The projects under Samples/ by name.
let samples =
    Map
        [ for project in Directory.GetFiles("Samples", "*.csproj", SearchOption.AllDirectories) ->
              Path.GetFileNameWithoutExtension(project).ToLowerInvariant(), project ]

let runSample name arguments =
    build samples[name]
    run (executable (Path.GetFileNameWithoutExtension samples[name])) arguments

let runScript arguments =
    build "Data/Functional.Data.csproj"
    run "dotnet" ("fsi" :: "Samples/digits.fsx" :: arguments)

// Benchmarks ----------------------------------------------------------------------------------------------------------

let bench arguments =
    buildWithPeers "bench" (Path.Combine(benchmarks, "Functional.Benchmarks.csproj"))
    run (executable "Functional.Benchmarks") arguments

// Targets -------------------------------------------------------------------------------------------------------------

let usage =
    $"""dotnet fsi build.fsx <target>

  run [sample]        build and run a sample: {String.concat ", " samples.Keys} or script; digits if none is named
  test                check the formatting, build, run random programs for 60 seconds, then all tests
  test --peers [--write docs/peers.md]
                      compare values and gradients with libtorch, which is restored for it (600 MB)
  fuzz --seconds N [--with branches,loops,random,state]
                      random programs against the oracle, for N seconds; or with host code in them, against direct calls
  stress --seconds N  one accelerated function called by 8 threads over 200 signatures, for N seconds
  bench [case …]      measure against libtorch, ONNX Runtime and direct calls; bench --list tells more
  format [--check]    format all sources, or only name those that are not formatted
  docs                write docs/ops.md anew
  lock [--check]      resolve paket.dependencies into paket.lock, or only check that they agree
  pack                write the packages to artifacts/package"""

match List.tail (List.ofArray fsi.CommandLineArgs) with
| [] -> printfn $"{usage}"
| [ "run" ] -> runSample "digits" []
| "run" :: "script" :: arguments -> runScript arguments
| "run" :: name :: arguments when samples.ContainsKey name -> runSample name arguments
| [ "test" ] -> test ()
| "test" :: "--peers" :: arguments -> testPeers arguments
| "fuzz" :: arguments -> fuzz arguments
| "stress" :: arguments -> stress arguments
| "bench" :: arguments -> bench arguments
| [ "format" ] -> format ()
| [ "format"; "--check" ] -> checkFormat ()
| [ "lock" ] -> lock ()
| [ "lock"; "--check" ] -> checkLock ()
| [ "docs" ] -> docs ()
| [ "pack" ] -> pack ()
| _ ->
    printfn $"{usage}"
    exit 2
