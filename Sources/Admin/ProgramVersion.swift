/// The version that the programs report.
public let programVersion = "0.1.0"
