namespace Functional

/// All ops. An op is tested and documented the moment it is listed.
[<RequireQualifiedAccess>]
module internal Catalogue =
    let all: Entry list =
        List.concat
            [ Elementwise.entries
              Activations.entries
              Movement.entries
              Windows.entries
              Scans.entries
              Gathering.entries
              Sorting.entries
              Reductions.entries
              Contractions.entries
              Systems.entries
              Decompositions.entries
              Uniform.entries
              ControlSamples.entries
              OdeSamples.entries ]
