from reports.tasks.nightly import daily_report, mail_report

__all__ = ["daily_report", "mail_report"]
