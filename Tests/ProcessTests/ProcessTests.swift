import Testing

/// Real daemons against bad configurations, bad neighbours and bad luck, one test at a time: what
/// they cost is measured.
@Suite("Processes", .serialized)
enum ProcessTests {}
