"""From a finding to what is told of it: formats, an outbox that loses nothing, and the policy of telling."""
