"""Truth on disk: database, migrations, blobs."""
