import NFSv4

extension MetadataOperations {
  /// TEST_STATEID (RFC 8881 §18.48).
  func testStateid(_ arguments: TEST_STATEID4args, _ context: Context) -> TEST_STATEID4resok {
    TEST_STATEID4resok(
      statusCodes: withState { state in
        arguments.stateids.map { state.test($0, clientid: context.clientid) }
      })
  }
}
