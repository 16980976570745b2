// Volumes that a storage driver provides.
//
// Source   core/v1 types and their protobuf definitions, 1.34.
#pragma once

#include "machinery/schema.h"

namespace signet::kinds {

extern const machinery::Schema gce_persistent_disk_volume_source;
extern const machinery::Schema aws_elastic_block_store_volume_source;
extern const machinery::Schema git_repo_volume_source;
extern const machinery::Schema nfs_volume_source;
extern const machinery::Schema iscsi_volume_source;
extern const machinery::Schema glusterfs_volume_source;
extern const machinery::Schema rbd_volume_source;
extern const machinery::Schema flex_volume_source;
extern const machinery::Schema cinder_volume_source;
extern const machinery::Schema ceph_fs_volume_source;
extern const machinery::Schema flocker_volume_source;
extern const machinery::Schema fc_volume_source;
extern const machinery::Schema azure_file_volume_source;
extern const machinery::Schema vsphere_virtual_disk_volume_source;
extern const machinery::Schema quobyte_volume_source;
extern const machinery::Schema azure_disk_volume_source;
extern const machinery::Schema photon_persistent_disk_volume_source;
extern const machinery::Schema portworx_volume_source;
extern const machinery::Schema scale_io_volume_source;
extern const machinery::Schema storage_os_volume_source;
extern const machinery::Schema csi_volume_source;

}  // namespace signet::kinds
