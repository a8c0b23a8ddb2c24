{{.Distributed "readings_hourly" "cityHash64(target)"}}
