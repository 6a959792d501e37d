from tasks import export

result = export.delay("monday")
print("known" if result.state in ("PENDING", "SUCCESS") else "unknown")
