{{.Distributed "looks_hourly" "cityHash64(target)"}}
