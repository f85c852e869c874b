"""The tools of the audit: findings, and the edits that stage the accepted ones."""
