extension MetadataState {
  /// Whether a delegation was recalled and is not back: its client may not know yet, and go on with
  /// what it has cached when it comes back after a restart.
  public var hasRecalledDelegations: Bool { !recalledDelegations.isEmpty }
}
