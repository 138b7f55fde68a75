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
              Running.entries
              Gathering.entries
              Scattering.entries
              Sorting.entries
              Searching.entries
              Reductions.entries
              Contractions.entries
              Convolutions.entries
              Systems.entries
              Decompositions.entries
              FourierTransforms.entries
              Uniform.entries
              ControlSamples.entries
              OdeSamples.entries ]
