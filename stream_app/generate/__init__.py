"""Everything that is generated from the catalogue and the contract, and committed."""
