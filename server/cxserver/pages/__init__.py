"""What all pages stand on: templates, languages, plain files, and how a form is read."""
