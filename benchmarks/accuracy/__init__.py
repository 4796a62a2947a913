"""How good the surprise is on public labelled data, beside peers: loaders, scorers and detectors of others."""
