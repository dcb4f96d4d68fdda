import Settings
import Simulation

/// The folder of the example scenarios.
let scenarioFolder = {
  let file = #filePath
  return String(file[..<(file.range(of: "/Scenario/")?.lowerBound ?? file.endIndex)]) + "/Scenarios"
}()

/// The lines of the error that reading `text` as `s.yml` gives; empty if there is none.
func scenarioProblems(_ text: String, file: String = "s.yml") -> [String] {
  do throws(ConfigurationError) {
    _ = try Scenario.read(Array(text.utf8), file: file)
    return []
  } catch {
    return error.description.split(separator: "\n").map(String.init)
  }
}

func scenario(_ text: String) throws -> Scenario {
  try Scenario.read(Array(text.utf8), file: "s.yml")
}

/// Two peers and a file.
let minimalScenario = """
  topology: {peers: 2}
  files:
    list: [{name: a, size: 1MiB}]
  """
