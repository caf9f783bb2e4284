"""The words for what is wrong with templates, by subject. They judge nothing."""
